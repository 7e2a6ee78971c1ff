import { beforeAll, describe, expect, test } from "vitest";
import { openS3Bucket } from "../../lib/bucket/s3.ts";
import type { ParsedToken } from "../../lib/core/token.ts";
import { openNodeDb } from "../../lib/store/sqlite/driver-node.ts";
import { startBucket } from "../../programs/start/bundled-bucket.ts";
import { ask } from "../../testkit/ask.ts";
import { expectSame, fill, put, restore } from "../../testkit/backup.ts";
import { openServedBucket } from "../../testkit/bucket.ts";
import { bucketSettingsOf, variablesOf } from "../../testkit/bucket-settings.ts";
import { buildFor, LEDGE_MANIFEST, openTestHost, testFolder } from "../../testkit/host.ts";
import { giveToken, tokenOf } from "../../testkit/proposals.ts";
import { openServedStore } from "../../testkit/served-store.ts";
import { committedMigrations, openTestStore } from "../../testkit/store.ts";

const TICKER = tokenOf("t");
const READER = tokenOf("r");

beforeAll(() => buildFor(LEDGE_MANIFEST));

/** The real components over a store with some history. */
const start = (variables: Record<string, string>, stateDir = testFolder()) =>
  openServedStore(
    (db) => {
      fill(db);
      giveToken(db, TICKER, ["backup"]);
      giveToken(db, READER, ["read"]);
    },
    { stateDir, variables },
  );

describe("the component snapshot-export", () => {
  test("exports by HTTP and by cron, tells the status, and what it wrote restores", async () => {
    const { server, bucket } = await openServedBucket();
    const { db, host } = await start(variablesOf(server));
    const head = Number(db.all("select revision from store")[0]?.[0]);
    const run = await ask(host, "POST", "/v1/backup/run", { token: TICKER });
    expect(run).toMatchObject({ status: 200, json: { state: "exported", from: null, to: head } });
    expect(await ask(host, "POST", "/v1/backup/run", { token: TICKER })).toMatchObject({
      json: { state: "nothing_new", objects: 0 },
    });
    const later = put(db, "later", Uint8Array.of(1, 255));
    expect(await host.tick("snapshot-export")).toBe(undefined);
    expect(await ask(host, "GET", "/v1/backup/status", { token: TICKER })).toMatchObject({
      status: 200,
      json: { state: "ok", exportedRevision: later, behindRevisions: 0, lastError: null },
    });
    const copy = openTestStore();
    expect(await restore(copy.db, bucket)).toMatchObject({ check: "proven", revision: later });
    expectSame(copy.db, db);
  });

  test("judges route, method, token and parameters as the other components do", async () => {
    const { host } = await start({});
    const cases: { method: string; path: string; token?: ParsedToken; status: number; code: string }[] = [
      { method: "POST", path: "/v1/backup/run", status: 401, code: "unauthenticated" },
      {
        method: "POST",
        path: "/v1/backup/run",
        token: { ...TICKER, secret: "x".repeat(43) },
        status: 401,
        code: "bad_token",
      },
      { method: "POST", path: "/v1/backup/run", token: READER, status: 403, code: "forbidden" },
      { method: "GET", path: "/v1/backup/status", token: READER, status: 403, code: "forbidden" },
      { method: "POST", path: "/v1/backup/run?all=1", token: TICKER, status: 400, code: "unknown_parameter" },
      { method: "GET", path: "/v1/backup/run", token: TICKER, status: 405, code: "method_not_allowed" },
      { method: "POST", path: "/v1/backup/restore", token: TICKER, status: 403, code: "bootstrap_refused" },
      { method: "GET", path: "/v1/backup/", token: TICKER, status: 404, code: "no_route" },
      { method: "POST", path: "/v1/backup/run", token: TICKER, status: 409, code: "bucket_not_set" },
    ];
    for (const { method, path, token, status, code } of cases) {
      const got = await ask(host, method, path, { token });
      expect([method, path, got.status, got.json?.code]).toEqual([method, path, status, code]);
    }
    expect(await ask(host, "POST", "/v1/backup/run", { token: TICKER, body: "{}" })).toMatchObject({
      status: 422,
    });
    const options = await ask(host, "OPTIONS", "/v1/backup/run");
    expect([options.status, options.headers.get("allow")]).toEqual([204, "POST, OPTIONS"]);
    expect(await ask(host, "GET", "/v1/backup/status", { token: TICKER })).toMatchObject({
      json: { state: "not_set" },
    });
    expect(await host.tick("snapshot-export")).toBe(undefined);
  });

  test("brings a store that has no tables yet up to date by itself", async () => {
    const stateDir = testFolder();
    const host = await openTestHost({ manifest: LEDGE_MANIFEST, stateDir });
    expect(await ask(host, "POST", "/v1/backup/run", { token: TICKER })).toMatchObject({
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
    expect(await ask(denied.host, "POST", "/v1/backup/run", { token: TICKER })).toMatchObject({
      status: 502,
      json: { code: "bucket_denied" },
    });
    expect(await ask(denied.host, "GET", "/v1/backup/status", { token: TICKER })).toMatchObject({
      json: { state: "failing", lastError: { code: "bucket_denied" } },
    });
    expect(await denied.host.tick("snapshot-export")).toContain("502");
    const silent = await start({ ...variablesOf(server), bucket_endpoint: "http://127.0.0.1:1" });
    expect(await ask(silent.host, "POST", "/v1/backup/run", { token: TICKER })).toMatchObject({
      status: 503,
      json: { code: "bucket_unavailable", retryable: true },
    });
  });

  test("goes on where it was when the bundled bucket comes back on another port", async () => {
    const dir = testFolder();
    const stateDir = testFolder();
    const before = await startBucket({ dir });
    const first = await start(variablesOf(before), stateDir);
    expect(await ask(first.host, "POST", "/v1/backup/run", { token: TICKER })).toMatchObject({
      json: { state: "exported" },
    });
    const head = put(first.db, "later", "than the move");
    await first.host.stop();
    await before.stop();
    const after = await startBucket({ dir });
    expect(after.endpoint).not.toBe(before.endpoint);
    const host = await openTestHost({ manifest: LEDGE_MANIFEST, stateDir, variables: variablesOf(after) });
    const run = await ask(host, "POST", "/v1/backup/run", { token: TICKER });
    expect(run).toMatchObject({ status: 200, json: { state: "exported", from: head - 1, to: head } });
    const copy = openTestStore();
    await restore(copy.db, openS3Bucket(bucketSettingsOf(after)));
    expectSame(copy.db, first.db);
    await host.stop();
    await after.stop();
  });
});
