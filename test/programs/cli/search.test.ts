/** `ledge search`: where a text stands, as grep says it. */
import { beforeAll, describe, expect, test } from "vitest";
import { serveCommand } from "../../../testkit/served-command.ts";

const { ledge } = serveCommand("search");

const API = '{\n  "rps": 100,\n  "burst": 5\n}';

beforeAll(async () => {
  await ledge(["ns", "put", "shop"]);
  await ledge(["put", "shop/limits/api", API, "-t", "application/json"]);
  await ledge(["put", "shop/rps-notes", "empty"]);
});

describe("ledge search", () => {
  test("names documents with the line of the first match, and keys that match alone", async () => {
    const ran = await ledge(["search", "RPS", "shop"]);
    expect(ran).toMatchObject({
      status: 0,
      stdout: 'shop/limits/api:2: "rps": 100,\nshop/rps-notes\n',
      stderr: "",
    });
    expect((await ledge(["search", "rps", "shop/limits/"])).stdout).toBe('shop/limits/api:2: "rps": 100,\n');
    expect((await ledge(["search", "rps", "-n", "1"])).stdout.trim().split("\n")).toHaveLength(1);
  });

  test("says that nothing was found, and gives scripts an empty list", async () => {
    const ran = await ledge(["search", "nowhere to be found"]);
    expect(ran).toMatchObject({ status: 0, stdout: "" });
    expect(ran.stderr).toContain("found in no key");
    expect(JSON.parse((await ledge(["search", "nowhere", "-o", "json"])).stdout)).toEqual({ hits: [] });
  });

  test("says in flags and words of the command what the server refuses", async () => {
    expect(await ledge(["search", "x", "none"])).toMatchObject({ status: 3 });
    const empty = await ledge(["search", ""]);
    expect(empty.status).toBe(2);
    expect(empty.stderr).toContain("1 to 200 bytes");
  });
});
