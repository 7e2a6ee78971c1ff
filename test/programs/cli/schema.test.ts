import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { serveCommand } from "../../../testkit/served-command.ts";

const { folder, ledge } = serveCommand("schema");

function file(name: string, content: unknown): string {
  const path = join(folder, name);
  mkdirSync(join(path, ".."), { recursive: true });
  writeFileSync(path, typeof content === "string" ? content : JSON.stringify(content));
  return path;
}

const LIMITS = { type: "object", properties: { rps: { type: "integer", minimum: 1 } }, required: ["rps"] };
let limits = "";

beforeAll(async () => {
  limits = file("limits.schema.json", `${JSON.stringify(LIMITS)}\n`);
  await ledge(["ns", "put", "shop"]);
  await ledge(["put", "shop/limits/api", '{"rps":5}']);
});

describe("ledge schema", () => {
  test("puts, gets, lists and removes", async () => {
    expect((await ledge(["schema", "put", "shop", limits, "--scope", "limits/"])).stderr).toContain(
      "is made",
    );
    expect((await ledge(["schema", "put", "shop", limits, "--scope", "limits/"])).stderr).toContain(
      "as it was",
    );
    expect((await ledge(["schema", "get", "shop", "--scope", "limits/"])).stdout).toBe(
      `${JSON.stringify(LIMITS)}\n`,
    );
    expect(JSON.parse((await ledge(["schema", "ls", "shop", "-o", "json"])).stdout)).toMatchObject([
      { namespace: "shop", scope: "limits/" },
    ]);
    const none = await ledge(["schema", "get", "shop"]);
    expect([none.status, none.stderr]).toEqual([3, expect.stringContaining("there is no schema of shop")]);
    await ledge(["schema", "put", "shop", file("any.json", "true"), "--scope", "else/"]);
    expect((await ledge(["schema", "rm", "shop", "--scope", "else/"])).stderr).toContain("is gone");
  });

  test("says where a schema, and a document in its way, is wrong", async () => {
    const wrong = await ledge([
      "schema",
      "put",
      "shop",
      file("wrong.json", { properties: { a: { type: "text" } } }),
    ]);
    expect([wrong.status, wrong.stderr]).toEqual([6, expect.stringContaining("/properties/a/type")]);
    const strict = file("strict.json", { ...LIMITS, properties: { rps: { maximum: 4 } } });
    const inTheWay = await ledge(["schema", "put", "shop", strict, "--scope", "limits/"]);
    expect([inTheWay.status, inTheWay.stderr]).toEqual([
      6,
      expect.stringMatching(/shop\/limits\/api: \/rps: 5/),
    ]);
  });

  test("checks files and documents, and ends with 6 where one does not fit", async () => {
    const good = file("good.yaml", "rps: 3\n");
    const bad = file("bad.json", { rps: "3" });
    const some = await ledge(["schema", "check", "shop", good, bad, "--scope", "limits/"]);
    expect([some.status, some.stdout]).toEqual([6, expect.stringContaining(`${bad}#/rps`)]);
    const json = await ledge(["schema", "check", "shop", good, bad, "--scope", "limits/", "-o", "json"]);
    expect(JSON.parse(json.stdout)).toMatchObject({
      checked: 2,
      failing: [{ name: bad, violations: [{ path: "/rps" }] }],
    });
    expect((await ledge(["schema", "check", "shop"])).stderr).toContain("1 document fits");
    await ledge(["ns", "put", "bare"]);
    expect((await ledge(["schema", "check", "bare"])).stderr).toContain("no document that a schema judges");
    const strict = file("strict.json", { properties: { rps: { maximum: 4 } } });
    const stored = await ledge(["schema", "check", "shop", "--schema", strict, "--scope", "limits/"]);
    expect([stored.status, stored.stdout]).toEqual([6, expect.stringContaining("shop/limits/api#/rps")]);
    expect((await ledge(["schema", "check", "shop", good])).status).toBe(3);
  });

  test("is obeyed by put, import and plan, which name document and place", async () => {
    const put = await ledge(["put", "shop/limits/api", '{"rps":0}', "--if", "any"]);
    expect([put.status, put.stderr]).toEqual([6, expect.stringContaining("/rps: 0 is less than 1")]);
    file("tree/limits/api.json", { rps: 0 });
    file("tree/limits/web.json", { rps: 7 });
    for (const command of ["import", "plan"]) {
      const ran = await ledge([command, join(folder, "tree"), "-n", "shop"]);
      expect([command, ran.status, ran.stdout + ran.stderr]).toEqual([
        command,
        6,
        expect.stringMatching(/shop\/limits\/api\.json: \/rps: 0 is less than 1/),
      ]);
    }
  });
});
