/** Tokens by what their names begin with: listed, and ended together. */
import { expect, test } from "vitest";
import { serveCommand } from "../../../testkit/served-command.ts";

const { ledge } = serveCommand("token-group");

const create = async (name: string) => {
  const { stdout } = await ledge(["token", "create", name, "-g", "read:demo"]);
  return stdout.trim();
};
const states = async (...args: string[]) => {
  const { stdout } = await ledge(["token", "ls", ...args, "-o", "json"]);
  const tokens: { name: string; revoked?: string }[] = JSON.parse(stdout);
  return tokens.map(({ name, revoked }) => `${name} ${revoked === undefined ? "live" : "revoked"}`).sort();
};

test("ledge token ls and revoke --group speak of names that begin alike", async () => {
  for (const name of ["ci/build", "ci/deploy", "cinema"]) await create(name);
  expect(await states("ci/")).toEqual(["ci/build live", "ci/deploy live"]);
  const table = (await ledge(["token", "ls", "ci/"])).stdout;
  expect(table).toMatch(/LAST USED[\s\S]*ci\/build[\s\S]*not known/);
  const asked = await ledge(["token", "revoke", "--group", "ci/"]);
  expect([asked.status, asked.stderr]).toEqual([
    2,
    expect.stringMatching(/2 tokens \(ci\/\w+, ci\/\w+\)[\s\S]*--yes/),
  ]);
  expect(await states("ci/")).toEqual(["ci/build live", "ci/deploy live"]);
  const done = await ledge(["token", "revoke", "--group", "ci/", "--yes"]);
  expect([done.status, done.stderr.match(/is revoked/g)?.length]).toEqual([0, 2]);
  expect(await states("ci")).toEqual(["ci/build revoked", "ci/deploy revoked", "cinema live"]);
  const again = await ledge(["token", "revoke", "--group", "ci/"]);
  expect([again.status, again.stderr]).toEqual([0, expect.stringContaining("no living token")]);
});

test("ledge token revoke takes an accessor or a group, and not both", async () => {
  for (const args of [
    [],
    ["abcdefghijkl", "--group", "ci/"],
    ["--group", ""],
    ["--group", "ci/", "--children"],
  ])
    expect((await ledge(["token", "revoke", ...args])).status, args.join(" ")).toBe(2);
});
