import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { VERBS } from "../../../lib/core/grant.ts";
import { buildFor, openTestHost, testFolder } from "../../../testkit/host.ts";
import { cheaperEngine } from "../../../testkit/native.ts";
import { root, ledge as run } from "../../../testkit/processes.ts";

const BOOTSTRAP = "a bootstrap secret of more than 32 characters";
const RECOVERY = "a recovery secret of more than 32 characters";
const manifest = join(root, "spin.toml");
beforeAll(() => buildFor(manifest));

/** A server whose first token a user has stored as `prod`, and the user's folder with the recovery secret. */
async function prepared() {
  const variables = { bootstrap_secret: BOOTSTRAP, recovery_secret: RECOVERY };
  const host = await openTestHost({ manifest, variables, ...cheaperEngine() });
  const folder = testFolder();
  const secretFile = join(folder, "secret");
  writeFileSync(secretFile, `${RECOVERY}\n`);
  const env = { XDG_CONFIG_HOME: folder };
  const stored = () => JSON.parse(readFileSync(join(folder, "ledge", "contexts.json"), "utf8"));
  const first = ["bootstrap", host.url, "--context", "prod"];
  expect((await run(first, { env: { ...env, LEDGE_BOOTSTRAP_SECRET: BOOTSTRAP } })).status).toBe(0);
  return { host, env, secretFile, stored };
}

describe("ledge recover", () => {
  test("stores a root token beside the others, which makes one that lasts", async () => {
    const { host, env, secretFile, stored } = await prepared();
    const before = stored().contexts.prod;
    const ran = await run(["recover", host.url, "--secret-file", secretFile], { env });
    const { current, contexts } = stored();
    const name = `${new URL(host.url).host}-recovery`;
    expect([ran.status, ran.stdout, current, contexts.prod]).toEqual([0, "", name, before]);
    expect(ran.stderr).not.toContain(contexts[name].token);
    const create = ["token", "create", "kim", "-g", `${VERBS.join(",")}:*`];
    expect(ran.stderr).toContain(`-g ${create[4]}`);
    expect((await run(create, { env })).status).toBe(0);
    const tokens = JSON.parse((await run(["token", "ls", "-o", "json"], { env })).stdout);
    expect(tokens).toContainEqual(
      expect.objectContaining({ name: "kim", creator: contexts[name].token.slice(4, 16) }),
    );
    expect((await run(["log", "--actor", "_recovery"], { env })).stdout).toContain("_recovery");
    expect((await run(["status", "--check"], { env })).stdout).toContain("recovery_secret is set");
    // Asked again, it is the same token; asked by somebody else, there is one already.
    expect((await run(["recover", host.url, "--secret-file", secretFile], { env })).status).toBe(0);
    expect(stored().contexts).toEqual(contexts);
    const other = { XDG_CONFIG_HOME: testFolder(), LEDGE_RECOVERY_SECRET: RECOVERY };
    const late = await run(["recover", host.url], { env: other });
    expect(late).toMatchObject({ status: 6, stderr: expect.stringContaining("lives already") });
  });

  test("makes a new token where the stored one is over, and keeps that if refused", async () => {
    const { host, env, secretFile, stored } = await prepared();
    const args = ["recover", host.url, "--secret-file", secretFile, "--context", "prod"];
    const { token } = stored().contexts.prod;
    expect((await run(args, { env })).status).toBe(0);
    const recovered = stored().contexts.prod.token;
    expect(recovered).not.toBe(token);
    // Another user, whose own token stands in the context of that name.
    const theirs = { XDG_CONFIG_HOME: testFolder(), LEDGE_RECOVERY_SECRET: RECOVERY };
    const login = ["login", host.url, "--context", "prod"];
    expect((await run(login, { env: theirs, stdin: token })).status).toBe(0);
    expect((await run(["recover", host.url, "--context", "prod"], { env: theirs })).status).toBe(6);
    expect((await run(["whoami"], { env: theirs })).stdout).toContain(token.slice(4, 16));
  });

  test("says what is wrong with the secret, and stores nothing then", async () => {
    const { host, env, secretFile, stored } = await prepared();
    const before = stored();
    expect((await run(["recover", host.url], { env })).status).toBe(4);
    writeFileSync(secretFile, "another secret of more than 32 characters");
    const wrong = await run(["recover", host.url, "--secret-file", secretFile], { env });
    expect(wrong).toMatchObject({ status: 4, stderr: expect.stringContaining("recovery_secret") });
    expect(stored()).toEqual(before);
  });
});
