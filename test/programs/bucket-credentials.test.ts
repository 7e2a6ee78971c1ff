/** Credentials of the bucket that the host looks for: through the real server, and what a host that does not look says. */
import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { ask } from "../../testkit/ask.ts";
import { fill } from "../../testkit/backup.ts";
import { flagsOf, placeVariablesOf, variablesOf } from "../../testkit/bucket-settings.ts";
import type { ChaosServer } from "../../testkit/chaos/server.ts";
import { openChaos } from "../../testkit/chaos.ts";
import { openContainerService, openInstanceService } from "../../testkit/credential-services.ts";
import { buildFor, LEDGE_MANIFEST, testFolder } from "../../testkit/host.ts";
import { ledge, startServer } from "../../testkit/processes.ts";
import { giveToken, tokenOf } from "../../testkit/proposals.ts";
import { openServedStore } from "../../testkit/served-store.ts";

const TICKER = tokenOf("t");
const ROTATED = {
  accessKeyId: "ROTATEDROTATEDROTATE",
  secretAccessKey: "r".repeat(40),
  sessionToken: "temporary/+==",
};

const TEMPORARY = {
  accessKeyId: "ASIATEMPORARYTEMPORA",
  secretAccessKey: "t".repeat(40),
  sessionToken: "session/+==",
};

/** The schedule's own tick may have been faster. */
const BACKED_UP = expect.stringMatching(/the bucket holds revision \d+/);

beforeAll(() => buildFor(LEDGE_MANIFEST));

function writeCredentials(
  file: string,
  { accessKeyId, secretAccessKey, sessionToken }: ChaosServer["access"],
): void {
  const session = sessionToken === undefined ? "" : `aws_session_token = ${sessionToken}\n`;
  writeFileSync(
    file,
    `[default]\naws_access_key_id = ${accessKeyId}\naws_secret_access_key = ${secretAccessKey}\n${session}`,
  );
}

/** A server on one of the engines, and a run of its backup. */
async function serve(
  variables: Record<string, string>,
  env: Record<string, string> = {},
  engine: "wasm" | "native" = "native",
) {
  const dataDir = join(testFolder(), "data");
  const server = await startServer(dataDir, [...flagsOf(variables), "--engine", engine], env);
  onTestFinished(async () => void (await server.stop()));
  const run = (...args: string[]) => ledge(args, { env: { LEDGE_DATA: dataDir } });
  let writes = 0;
  return {
    run,
    /** Writes a document and backs it up. */
    async backUp() {
      writes += 1;
      const put = await run("put", `demo/credentials-${writes}`, "x");
      expect([put.status, put.stderr]).toEqual([0, expect.any(String)]);
      return run("backup", "run");
    },
  };
}

describe("bucket_credentials file", () => {
  test("is read again when the file changes, without a restart", async () => {
    const server = await openChaos();
    const file = join(testFolder(), "credentials");
    writeCredentials(file, server.access);
    const { backUp, run } = await serve(
      {
        ...placeVariablesOf(server),
        bucket_credentials: "file",
        bucket_credentials_file: file,
      },
      {},
      "wasm",
    );
    const first = await backUp();
    expect([first.status, first.stderr]).toEqual([0, BACKED_UP]);
    server.access = ROTATED;
    const refused = await backUp();
    expect([refused.status === 0, refused.stderr]).toEqual([
      false,
      expect.stringContaining("does not accept these credentials"),
    ]);
    writeCredentials(file, ROTATED);
    const again = await backUp();
    expect([again.status, again.stderr]).toEqual([0, BACKED_UP]);
    // What is broken is told, and no secret with it.
    writeFileSync(file, "[default]\naws_secret_access_key = SHOWN-TO-NOBODY\n");
    await backUp();
    const status = await run("backup", "status");
    expect(status.stdout).toContain("bucket_credentials file finds no credentials");
    expect(status.stdout).not.toContain("SHOWN-TO-NOBODY");
  });
});

describe("bucket_credentials chain", () => {
  test("takes them from the environment, or from a profile", async () => {
    const server = await openChaos();
    const { accessKeyId, secretAccessKey } = server.access;
    const file = join(testFolder(), "shared");
    writeCredentials(file, server.access);
    const environments = [
      { AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secretAccessKey },
      { AWS_SHARED_CREDENTIALS_FILE: file, AWS_EC2_METADATA_DISABLED: "true" },
    ];
    for (const [at, env] of environments.entries()) {
      const variables = {
        ...placeVariablesOf(server),
        bucket_prefix: `chain-${at}`,
        bucket_credentials: "chain",
      };
      const { backUp } = await serve(variables, env);
      const ran = await backUp();
      expect([ran.status, ran.stderr]).toEqual([0, BACKED_UP]);
    }
  });
});

const PLACES = [
  { name: "a container", open: openContainerService },
  { name: "an instance", open: openInstanceService },
];

describe.each(PLACES)("bucket_credentials chain in $name with a role", ({ open }) => {
  test("asks for credentials once while they are good", async () => {
    const server = await openChaos({ access: TEMPORARY });
    const service = await open(TEMPORARY);
    const variables = { ...placeVariablesOf(server), bucket_credentials: "chain" };
    const { backUp } = await serve(variables, service.environment);
    const good = await backUp();
    expect([good.status, good.stderr]).toEqual([0, BACKED_UP]);
    expect(await backUp()).toMatchObject({ status: 0 });
    expect(service.given).toEqual([TEMPORARY.accessKeyId]);
  });

  test("gets new ones before they expire, without a restart", async () => {
    const server = await openChaos({ access: TEMPORARY });
    const service = await open(TEMPORARY);
    service.expiresMs = Date.now() + 60_000;
    const variables = { ...placeVariablesOf(server), bucket_credentials: "chain" };
    const { backUp } = await serve(variables, service.environment);
    expect(await backUp()).toMatchObject({ status: 0 });
    Object.assign(service, { access: ROTATED, expiresMs: Date.now() + 3_600_000 });
    // The former ones are good until they end; meanwhile the new ones are fetched.
    expect(await backUp()).toMatchObject({ status: 0 });
    await expect.poll(() => service.given.at(-1)).toBe(ROTATED.accessKeyId);
    server.access = ROTATED;
    const again = await backUp();
    expect([again.status, again.stderr]).toEqual([0, BACKED_UP]);
  });

  test("restores from there by --from, too", async () => {
    const server = await openChaos({ access: TEMPORARY });
    const service = await open(TEMPORARY);
    const { backUp } = await serve(
      { ...placeVariablesOf(server), bucket_credentials: "chain" },
      service.environment,
    );
    expect(await backUp()).toMatchObject({ status: 0 });
    const to = join(testFolder(), "restored.db");
    const from = `${server.endpoint}/${server.bucketName}/ledge`;
    const restored = await ledge(["restore", "--from", from, "--to", to], {
      env: { SPIN_VARIABLE_BUCKET_CREDENTIALS: "chain", ...service.environment },
    });
    expect([restored.status, restored.stderr]).toEqual([0, expect.any(String)]);
    expect(existsSync(to)).toBe(true);
  });
});

describe("a host that looks for no credentials", () => {
  test.each(["file", "chain", "vault"])(
    "is refused bucket_credentials %s by the setting's name",
    async (mode) => {
      const server = await openChaos();
      const { host } = await openServedStore(
        (db) => {
          fill(db);
          giveToken(db, TICKER, ["backup"]);
        },
        { variables: { ...variablesOf(server), bucket_credentials: mode } },
      );
      const ran = await ask(host, "POST", "/v1/backup/run", { token: TICKER });
      expect(ran.json).toMatchObject({
        code: "bucket_not_set",
        detail: expect.stringMatching(/^bucket_credentials /),
      });
      expect(server.journal.entries).toEqual([]);
    },
  );
});
