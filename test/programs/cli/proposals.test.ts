/** Review at the command line: what one person proposes another one sees as a diff, and commits. */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { serveCommand } from "../../../testkit/served-command.ts";

const { ledge, folder } = serveCommand("proposals");
let author = {};

beforeAll(async () => {
  await ledge(["ns", "put", "shop"]);
  await ledge(["put", "shop/limits.json", '{"rps":1}']);
  const made = await ledge(["token", "create", "author", "-g", "read,plan,write:shop"]);
  author = { env: { LEDGE_TOKEN: made.stdout.trim() } };
  await ledge(["ns", "put", "shop", "--review", "all"]);
  mkdirSync(join(folder, "config"));
  writeFileSync(join(folder, "config", "limits.json"), '{"rps":2}');
});

async function propose(...args: string[]): Promise<string> {
  const made = await ledge(["propose", ...args, "-o", "json"], author);
  expect(made).toMatchObject({ status: 0 });
  return JSON.parse(made.stdout).id;
}

describe("ledge propose", () => {
  test("keeps a folder or a file, which somebody else sees and commits", async () => {
    expect(await ledge(["put", "shop/limits.json", "2", "--if", "any"], author)).toMatchObject({ status: 6 });
    const id = await propose(join(folder, "config"), "-n", "shop", "-m", "raise");
    expect((await ledge(["proposals"])).stdout).toMatch(new RegExp(`${id} +author .* 1 +raise\n`));
    expect(await ledge(["approve", id, "--yes"], author)).toMatchObject({ status: 4 });
    const approved = await ledge(["approve", id, "--yes"]);
    expect(approved.status).toBe(0);
    expect(approved.stdout).toContain('-  "rps": 1\n+  "rps": 2\n');
    expect(approved.stderr).toContain("proposed by author");
    expect((await ledge(["get", "shop/limits.json"])).stdout.trim()).toBe('{"rps":2}');
    expect(await ledge(["approve", id, "--yes"])).toMatchObject({ status: 3 });
  });

  test("takes one document with --to, and is rejected or withdrawn with a reason", async () => {
    const file = join(folder, "config", "limits.json");
    writeFileSync(file, '{"rps":3}');
    const first = await propose(file, "--to", "shop/limits.json");
    expect(await ledge(["withdraw", first, "-m", "not now"], author)).toMatchObject({ status: 0 });
    const second = await propose(file, "--to", "shop/limits.json");
    expect(await ledge(["reject", second, "-m", "too much"])).toMatchObject({ status: 0 });
    expect((await ledge(["log", "-n", "1"])).stdout).toContain("rejected: too much");
    expect((await ledge(["get", "shop/limits.json"])).stdout.trim()).toBe('{"rps":2}');
  });

  test("is approved only, applied by hand, and then a decided one", async () => {
    const file = join(folder, "config", "limits.json");
    writeFileSync(file, '{"rps":4}');
    const id = await propose(file, "--to", "shop/limits.json");
    const early = await ledge(["apply", "--proposal", id, "--yes"], author);
    expect([early.status, early.stderr]).toEqual([
      6,
      expect.stringContaining("Nobody has approved this yet"),
    ]);
    const approved = await ledge(["approve", id, "--no-apply", "--yes"]);
    expect([approved.status, approved.stderr]).toEqual([
      0,
      expect.stringContaining("is approved, and not applied"),
    ]);
    expect((await ledge(["proposals"])).stdout).toMatch(new RegExp(`${id} +author .* 1 +admin \\(`));
    expect((await ledge(["get", "shop/limits.json"])).stdout.trim()).toBe('{"rps":2}');
    const applied = await ledge(["apply", "--proposal", id, "--yes"], author);
    expect([applied.status, applied.stderr]).toEqual([0, expect.stringContaining("approved by admin")]);
    expect((await ledge(["get", "shop/limits.json"])).stdout.trim()).toBe('{"rps":4}');
    const [, newest, ...others] = (await ledge(["proposals", "--decided"])).stdout.trim().split("\n");
    expect(newest).toMatch(new RegExp(`^${id} +author .* applied `));
    expect(others).toHaveLength(3);
    expect((await ledge(["proposals", "--state", "rejected"])).stdout).toContain("too much");
  });

  test.each([
    { line: ["apply"], says: "--proposal ID" },
    { line: ["apply", "config", "--proposal", "a"], says: "config does not go with --proposal" },
    { line: ["apply", "--proposal", "a", "--prune"], says: "--prune does not go with --proposal" },
    { line: ["proposals", "--state", "void"], says: "Allowed choices are applied, rejected, withdrawn" },
  ])("refuses $line", async ({ line, says }) => {
    const ran = await ledge(line);
    expect([ran.status, ran.stderr]).toEqual([2, expect.stringContaining(says)]);
  });
});
