/** A token that is rotated and stored here is stored anew: nobody is left with a dead secret. */
import { readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { ledge as run } from "../../../testkit/processes.ts";
import { serveCommand } from "../../../testkit/served-command.ts";

const { ledge, data, folder, url } = serveCommand("rotate");
const file = join(data, "admin-token");
const stored = () => readFileSync(file, "utf8").trim();
const accessorOf = (token: string) => token.slice(4, 16);

describe("ledge token rotate of the token that the command uses", () => {
  test.each([{ args: [] }, { args: ["--overlap", "1h"] }])(
    "puts the new secret into the data folder's file, and says so: $args",
    async ({ args }) => {
      const before = stored();
      const ran = await ledge(["token", "rotate", accessorOf(before), ...args]);
      expect([ran.status, ran.stdout.trim()]).toEqual([0, stored()]);
      expect(stored()).not.toBe(before);
      expect(ran.stderr).toContain(`${file} holds the new one from now on`);
      expect([
        statSync(file).mode & 0o777,
        readdirSync(data).filter((name) => /^admin-token./.test(name)),
      ]).toEqual([0o600, []]);
      expect((await ledge(["whoami"])).status).toBe(0);
    },
  );

  test("puts it into each context that has the token", async () => {
    const env = { XDG_CONFIG_HOME: join(folder, "settings") };
    const contexts = join(folder, "settings", "ledge", "contexts.json");
    const other = (await ledge(["token", "create", "other", "-g", "read:demo"])).stdout.trim();
    for (const [name, token] of [
      ["prod", stored()],
      ["other", other],
      ["same", stored()],
    ] as const)
      await run(["login", url(), "--context", name], { env, stdin: token });
    const ran = await run(["token", "rotate", accessorOf(stored())], { env });
    const { current, contexts: kept } = JSON.parse(readFileSync(contexts, "utf8"));
    const fresh = ran.stdout.trim();
    expect([ran.status, current]).toEqual([0, "same"]);
    expect(kept).toEqual({
      prod: { url: url(), token: fresh },
      other: { url: url(), token: other },
      same: { url: url(), token: fresh },
    });
    expect(ran.stderr).toContain(`context same in ${contexts} holds the new one`);
    expect(statSync(contexts).mode & 0o777).toBe(0o600);
    expect((await run(["whoami"], { env })).status).toBe(0);
    // That data folder was not this command's.
    writeFileSync(file, `${fresh}\n`);
  });

  test.each([
    { from: "LEDGE_TOKEN", env: (token: string) => ({ LEDGE_TOKEN: token }), args: () => [] },
    { from: "a file that was named", env: () => ({}), args: () => ["--token-file", join(folder, "mine")] },
  ])("says that it is to be replaced where it came from: $from", async ({ from, env, args }) => {
    const root = stored();
    const mine = (await ledge(["token", "create", "mine", "-g", "admin,read:demo"])).stdout.trim();
    writeFileSync(join(folder, "mine"), `${mine}\n`);
    const ran = await ledge([...args(), "token", "rotate", accessorOf(mine)], { env: env(mine) });
    expect([ran.status, stored(), readFileSync(join(folder, "mine"), "utf8").trim()]).toEqual([
      0,
      root,
      mine,
    ]);
    const place = from === "LEDGE_TOKEN" ? from : join(folder, "mine");
    expect(ran.stderr).toContain(`${place} still holds the old one: replace it there`);
  });

  test("leaves the file as it is where the server refuses", async () => {
    const root = stored();
    const ran = await ledge(["token", "rotate", accessorOf(root), "--overlap", "52w"]);
    expect([ran.status, stored()]).toEqual([6, root]);
    expect(ran.stderr).not.toContain("holds");
  });

  test("says nothing of places where another's token is rotated", async () => {
    const other = (await ledge(["token", "create", "another", "-g", "read:demo"])).stdout.trim();
    const root = stored();
    const ran = await ledge(["token", "rotate", accessorOf(other)]);
    expect([ran.status, stored(), ran.stderr.includes("holds")]).toEqual([0, root, false]);
  });
});

test("a token that is rotated again says how long the new one lives", async () => {
  const made = (await ledge(["token", "create", "twice", "-g", "read:demo"])).stdout.trim();
  const rotate = () => ledge(["token", "rotate", accessorOf(made), "--overlap", "1h"]);
  expect((await rotate()).stderr).toMatch(/the new secret of twice; keep it now/);
  expect((await rotate()).stderr).toMatch(/the new secret of twice, until 20\d\d-\S+Z; keep it now/);
});
