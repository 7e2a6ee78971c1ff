import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { openS3Bucket } from "../../lib/bucket/s3.ts";
import { formatToken, type ParsedToken, secretDigest } from "../../lib/core/token.ts";
import type { NodeDb } from "../../lib/store/sqlite/driver-node.ts";
import { openNodeDb } from "../../lib/store/sqlite/driver-node.ts";
import { migrate } from "../../lib/store/sqlite/migrate.ts";
import { startBucket } from "../../programs/start/bundled-bucket.ts";
import { expectSame, fill, put, restore } from "../../testkit/backup.ts";
import { bucketSettingsOf, openServedBucket, variablesOf } from "../../testkit/bucket.ts";
import { buildFor, openTestHost, root, type TestHost, testFolder } from "../../testkit/host.ts";
import { putReserved, tokenDocument } from "../../testkit/proposals.ts";
import { committedMigrations, openTestStore } from "../../testkit/store.ts";

const MANIFEST = join(root, "spin.toml");
const TICKER: ParsedToken = { accessor: "tttttttttttt", secret: "t".repeat(43) };
const READER: ParsedToken = { accessor: "rrrrrrrrrrrr", secret: "r".repeat(43) };

beforeAll(() => buildFor(MANIFEST), 180_000);

function giveToken(db: NodeDb, { accessor, secret }: ParsedToken, verb: string): void {
  const grants = [{ verbs: [verb], namespace: "*", scope: "" }];
  const document = tokenDocument({ digest: secretDigest(secret), grants, creator: "aaaaaaaaaaaa" });
  const made = putReserved(db, "_auth", `token/${accessor}`, document);
  if (!made.ok) throw new Error(made.code);
}

interface Started {
  readonly db: NodeDb;
  readonly host: TestHost;
}

/** The real components over a store with some history. */
async function start(variables: Record<string, string>, stateDir = testFolder()): Promise<Started> {
  const db = openNodeDb(join(stateDir, "ledge.db"));
  migrate(db, committedMigrations());
  fill(db);
  giveToken(db, TICKER, "backup");
  giveToken(db, READER, "read");
  return { db, host: await openTestHost({ manifest: MANIFEST, stateDir, variables }) };
}

async function ask(host: TestHost, method: string, path: string, token?: ParsedToken, body?: string) {
  const headers = token === undefined ? {} : { authorization: `Bearer ${formatToken(token)}` };
  const response = await fetch(`${host.url}${path}`, {
    method,
    headers,
    ...(body === undefined ? {} : { body }),
  });
  const text = await response.text();
  return { status: response.status, headers: response.headers, json: text === "" ? null : JSON.parse(text) };
}

describe("the component snapshot-export", () => {
  test("exports by HTTP and by cron, tells the status, and what it wrote restores", async () => {
    const { server, bucket } = await openServedBucket();
    const { db, host } = await start(variablesOf(server));
    const head = Number(db.all("select revision from store")[0]?.[0]);
    const run = await ask(host, "POST", "/v1/backup/run", TICKER);
    expect(run).toMatchObject({ status: 200, json: { state: "exported", from: null, to: head } });
    expect(await ask(host, "POST", "/v1/backup/run", TICKER)).toMatchObject({
      json: { state: "nothing_new", objects: 0 },
    });
    const later = put(db, "later", Uint8Array.of(1, 255));
    expect(await host.tick("snapshot-export")).toBe(undefined);
    expect(await ask(host, "GET", "/v1/backup/status", TICKER)).toMatchObject({
      status: 200,
      json: { state: "ok", exportedRevision: later, behindRevisions: 0, lastError: null },
    });
    const copy = openTestStore();
    expect(await restore(copy.db, bucket)).toMatchObject({ check: "proven", revision: later });
    expectSame(copy.db, db);
    db.close();
  });

  test("judges route, method, token and parameters as the other components do", async () => {
    const { db, host } = await start({});
    const cases: [string, string, ParsedToken | undefined, number, string][] = [
      ["POST", "/v1/backup/run", undefined, 401, "unauthenticated"],
      ["POST", "/v1/backup/run", { ...TICKER, secret: "x".repeat(43) }, 401, "bad_token"],
      ["POST", "/v1/backup/run", READER, 403, "forbidden"],
      ["GET", "/v1/backup/status", READER, 403, "forbidden"],
      ["POST", "/v1/backup/run?all=1", TICKER, 400, "unknown_parameter"],
      ["GET", "/v1/backup/run", TICKER, 405, "method_not_allowed"],
      ["POST", "/v1/backup/restore", TICKER, 403, "bootstrap_refused"],
      ["GET", "/v1/backup/", TICKER, 404, "no_route"],
      ["POST", "/v1/backup/run", TICKER, 409, "bucket_not_set"],
    ];
    for (const [method, path, token, status, code] of cases) {
      const got = await ask(host, method, path, token);
      expect([method, path, got.status, got.json?.code]).toEqual([method, path, status, code]);
    }
    expect(await ask(host, "POST", "/v1/backup/run", TICKER, "{}")).toMatchObject({ status: 422 });
    const options = await ask(host, "OPTIONS", "/v1/backup/run");
    expect([options.status, options.headers.get("allow")]).toEqual([204, "POST, OPTIONS"]);
    expect(await ask(host, "GET", "/v1/backup/status", TICKER)).toMatchObject({ json: { state: "not_set" } });
    expect(await host.tick("snapshot-export")).toBe(undefined);
    db.close();
  });

  test("brings a store that has no tables yet up to date by itself", async () => {
    const stateDir = testFolder();
    const host = await openTestHost({ manifest: MANIFEST, stateDir });
    expect(await ask(host, "POST", "/v1/backup/run", TICKER)).toMatchObject({
      status: 401,
      json: { code: "bad_token" },
    });
    const db = openNodeDb(host.databaseFile);
    expect(db.all("select format from store")).toEqual([[committedMigrations().length]]);
    db.close();
  });

  test("says who was silent or refused, and the status keeps it", async () => {
    const { server } = await openServedBucket();
    const wrong = { ...variablesOf(server), bucket_secret_access_key: "0".repeat(64) };
    const denied = await start(wrong);
    expect(await ask(denied.host, "POST", "/v1/backup/run", TICKER)).toMatchObject({
      status: 502,
      json: { code: "bucket_denied" },
    });
    expect(await ask(denied.host, "GET", "/v1/backup/status", TICKER)).toMatchObject({
      json: { state: "failing", lastError: { code: "bucket_denied" } },
    });
    expect(await denied.host.tick("snapshot-export")).toContain("502");
    denied.db.close();
    const silent = await start({ ...variablesOf(server), bucket_endpoint: "http://127.0.0.1:1" });
    expect(await ask(silent.host, "POST", "/v1/backup/run", TICKER)).toMatchObject({
      status: 503,
      json: { code: "bucket_unavailable", retryable: true },
    });
    silent.db.close();
  });

  test("goes on where it was when the bundled bucket comes back on another port", async () => {
    const dir = testFolder();
    const stateDir = testFolder();
    const before = await startBucket({ dir });
    const first = await start(variablesOf(before), stateDir);
    expect(await ask(first.host, "POST", "/v1/backup/run", TICKER)).toMatchObject({
      json: { state: "exported" },
    });
    const head = put(first.db, "later", "than the move");
    await first.host.stop();
    await before.stop();
    const after = await startBucket({ dir });
    expect(after.endpoint).not.toBe(before.endpoint);
    const host = await openTestHost({ manifest: MANIFEST, stateDir, variables: variablesOf(after) });
    const run = await ask(host, "POST", "/v1/backup/run", TICKER);
    expect(run).toMatchObject({ status: 200, json: { state: "exported", from: head - 1, to: head } });
    const copy = openTestStore();
    await restore(copy.db, openS3Bucket(bucketSettingsOf(after)));
    expectSame(copy.db, first.db);
    first.db.close();
    await host.stop();
    await after.stop();
  });
});
