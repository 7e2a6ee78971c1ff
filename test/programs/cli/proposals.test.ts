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
});
