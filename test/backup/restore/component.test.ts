import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { LIMITS } from "../../../lib/backup/export/limits.ts";
import { findSnapshot } from "../../../lib/backup/restore/find-snapshot.ts";
import { beginRestore, continueRestore } from "../../../lib/backup/restore/restore.ts";
import type { Bucket } from "../../../lib/bucket/bucket.ts";
import { newToken, secretDigest } from "../../../lib/core/token.ts";
import { type NodeDb, openNodeDb } from "../../../lib/store/sqlite/driver-node.ts";
import { migrate } from "../../../lib/store/sqlite/migrate.ts";
import { askAs } from "../../../testkit/ask.ts";
import { bytes, expectSame, fill, openQuickStore, put, SMALL, tick } from "../../../testkit/backup.ts";
import { openServedBucket } from "../../../testkit/bucket.ts";
import { variablesOf } from "../../../testkit/bucket-settings.ts";
import { FULL } from "../../../testkit/crash-sample.ts";
import { buildFor, LEDGE_MANIFEST, openTestHost, type TestHost, testFolder } from "../../../testkit/host.ts";
import { cheaperEngine } from "../../../testkit/native.ts";
import { T0 } from "../../../testkit/proposals.ts";
import { committedMigrations } from "../../../testkit/store.ts";

const SECRET = "a bootstrap secret of 32 characters";

beforeAll(() => buildFor(LEDGE_MANIFEST, ["snapshot-export", "admin"]));

interface Backups {
  readonly source: NodeDb;
  readonly bucket: Bucket;
  readonly variables: Record<string, string>;
}

async function backups({ empty = false } = {}): Promise<Backups> {
  const { db: source } = openQuickStore();
  const { server, bucket } = await openServedBucket();
  fill(source);
  if (!empty) await tick(source, bucket, { limits: { ...SMALL, baseBytesMin: 1000 } });
  put(source, "later", "still");
  if (!empty) await tick(source, bucket);
  return { source, bucket, variables: { bootstrap_secret: SECRET, ...variablesOf(server) } };
}

function hostOver(variables: Record<string, string>, more: Record<string, unknown> = {}): Promise<TestHost> {
  return openTestHost({ manifest: LEDGE_MANIFEST, variables, ...more });
}

async function namesIn({ source, bucket }: Backups): Promise<string[]> {
  const folders = ["bases", "auth", "segments"];
  const lineage = source.all("select lineage from store")[0]?.[0];
  return (await Promise.all(folders.map((folder) => bucket.list(`${lineage}/${folder}/`)))).flat();
}

const ask = askAs(SECRET);

const RESTORE = "/v1/backup/restore";

async function untilRestored(host: TestHost, body: unknown = {}) {
  for (let n = 0; n < 20; n += 1) {
    const { status, json } = await ask(host, "POST", RESTORE, { json: body });
    expect(status).toBe(200);
    if (json.state === "restored") return json;
  }
  throw new Error("it does not end");
}

function stored(host: TestHost): NodeDb {
  return openNodeDb(host.databaseFile);
}

const first = (more: Record<string, unknown> = {}) => {
  const { accessor, secret } = newToken(bytes);
  return { name: "admin", accessor, digest: secretDigest(secret), ...more };
};

describe.each(FULL ? [{ freshInstances: false }, { freshInstances: true }] : [{ freshInstances: false }])(
  "POST /v1/backup/restore (%o)",
  (mode) => {
    test("previews, and restores into a running empty store, which serves what was there", async () => {
      const { source, variables } = await backups();
      const host = await hostOver(variables, mode);
      const head = Number(source.all("select revision from store")[0]?.[0]);
      const preview = await ask(host, "GET", RESTORE);
      expect(preview).toMatchObject({ status: 200, json: { revision: head, check: "proven" } });
      expect(preview.json.store).toMatchObject({ commits: 0, revision: 0 });
      const root = newToken(bytes);
      const token = { name: "root", accessor: root.accessor, digest: secretDigest(root.secret) };
      const done = await untilRestored(host, { token });
      expect(done.report).toMatchObject({ revision: head, check: "proven", liveRoots: 2 });
      expect((await ask(host, "POST", RESTORE, { json: { token } })).json.state).toBe("restored");
      const read = await ask(host, "GET", "/v1/read/shop?key=later", { token: root });
      expect(read.text).toBe("still");
      expect(await ask(host, "POST", RESTORE, { json: {} })).toMatchObject({
        status: 409,
        json: { code: "not_empty" },
      });
      expect(await ask(host, "POST", "/v1/admin/bootstrap", { json: first() })).toMatchObject({
        json: { code: "bootstrap_done" },
      });
    });

    test("goes on with what a process that was killed has begun, and serves nothing before", async () => {
      const { source, bucket, variables } = await backups();
      const stateDir = testFolder();
      const db = openNodeDb(join(stateDir, "ledge.db"));
      migrate(db, committedMigrations());
      const found = await findSnapshot(bucket);
      if (!found.ok) throw new Error(found.code);
      const options = { db, bucket, nowMs: () => T0, randomBytes: bytes };
      await beginRestore(options, found.value, { asked: {}, restart: false });
      await continueRestore(options, { ms: 0, bytes: 1 });
      await continueRestore(options, { ms: 0, bytes: 1 });
      db.close();
      const host = await hostOver(variables, { stateDir, ...mode });
      expect((await fetch(`${host.url}/readyz`)).status).toBe(503);
      expect(await ask(host, "POST", "/v1/admin/bootstrap", { json: first({ fresh: true }) })).toMatchObject({
        json: { code: "not_ready" },
      });
      expect(await host.tick("snapshot-export")).toBe(undefined);
      expect((await fetch(`${host.url}/readyz`)).status).toBe(503);
      expect(await ask(host, "POST", RESTORE, { json: { revision: 3 } })).toMatchObject({
        status: 409,
        json: { code: "not_empty" },
      });
      await untilRestored(host);
      expect((await fetch(`${host.url}/readyz`)).status).toBe(200);
      const copy = stored(host);
      expectSame(copy, source);
      copy.close();
    });

    test("begins again with another snapshot of the revision where an object is damaged", async () => {
      const made = await backups();
      const { source, bucket, variables } = made;
      const before = new Set(await namesIn(made));
      const [base = ""] = [...before].filter((name) => name.endsWith(".part-00001.ndjson.gz"));
      const sound = (await bucket.get(base, 1_000_000)) ?? new Uint8Array(0);
      await bucket.put(base, Uint8Array.of(1));
      const asked = { replay: true };
      await tick(source, bucket, { asked, nowMs: T0 + 1000 });
      await tick(source, bucket, { asked, nowMs: T0 + 2000, limits: LIMITS });
      await bucket.put(base, sound);
      const parts = (await namesIn(made)).filter((name) => !before.has(name) && name.includes(".part-"));
      expect(parts).not.toEqual([]);
      for (const name of parts) await bucket.put(name, Uint8Array.of(1));
      const host = await hostOver(variables, mode);
      const { report } = await untilRestored(host);
      expect(report.damaged).toEqual([expect.stringContaining(".part-")]);
      const copy = stored(host);
      expectSame(copy, source);
      copy.close();
    });

    test("restores itself with the ticks when the setting is on, and is not ready before", async () => {
      const { source, variables } = await backups();
      const host = await hostOver({ ...variables, restore_on_start: "true" }, mode);
      expect(await ask(host, "POST", "/v1/admin/bootstrap", { json: first() })).toMatchObject({
        status: 503,
        json: { code: "not_ready" },
      });
      expect((await fetch(`${host.url}/readyz`)).status).toBe(503);
      expect(await host.tick("snapshot-export")).toBe(undefined);
      expect((await fetch(`${host.url}/readyz`)).status).toBe(200);
      const copy = stored(host);
      expectSame(copy, source);
      copy.close();
    });
  },
);

describe("an empty store beside a bucket", () => {
  test.each(["true", "false"])(
    "takes a first token beside an empty bucket before any tick (restore_on_start %s)",
    async (restore_on_start) => {
      const { variables } = await backups({ empty: true });
      const host = await hostOver({ ...variables, restore_on_start }, cheaperEngine());
      expect((await ask(host, "POST", "/v1/admin/bootstrap", { json: first() })).status).toBe(201);
      expect((await fetch(`${host.url}/readyz`)).status).toBe(200);
    },
  );

  test("takes none while the bucket does not say what it holds", async () => {
    const { variables } = await backups({ empty: true });
    const host = await hostOver({ ...variables, bucket_endpoint: "http://127.0.0.1:1" }, cheaperEngine());
    const asked = first();
    const early = await ask(host, "POST", "/v1/admin/bootstrap", { json: asked });
    expect(early).toMatchObject({ status: 503, json: { code: "not_ready" } });
    expect(early.headers.get("retry-after")).toBe("5");
    expect((await ask(host, "POST", "/v1/admin/bootstrap", { json: { ...asked, fresh: true } })).status).toBe(
      201,
    );
  });

  test.each([true, false])(
    "never begins beside somebody's backups without a word (tick %s)",
    async (ticks) => {
      const { variables } = await backups();
      const host = await hostOver(variables, cheaperEngine());
      expect((await fetch(`${host.url}/readyz`)).status).toBe(200);
      if (ticks) expect(await host.tick("snapshot-export")).toBe(undefined);
      const asked = first();
      const refused = await ask(host, "POST", "/v1/admin/bootstrap", { json: asked });
      expect(refused).toMatchObject({ status: 409, json: { code: "bucket_foreign" } });
      expect(refused.json.detail).toMatch(/restore.*fresh/s);
      expect(
        (await ask(host, "POST", "/v1/admin/bootstrap", { json: { ...asked, fresh: true } })).status,
      ).toBe(201);
    },
  );

  test("is told about the bucket by a preview as well, where there is no schedule", async () => {
    const { variables } = await backups({ empty: true });
    const host = await hostOver(variables, cheaperEngine());
    expect((await ask(host, "GET", RESTORE)).json.code).toBe("not_found");
    expect((await ask(host, "POST", "/v1/admin/bootstrap", { json: first() })).status).toBe(201);
  });
});

describe("the restore routes", () => {
  test("refuse by name what they do not take", async () => {
    const { variables } = await backups();
    const host = await hostOver(variables, cheaperEngine());
    const cases: { method: string; path: string; json?: unknown; status: number; code: string }[] = [
      { method: "GET", path: `${RESTORE}?to=1`, status: 400, code: "unknown_parameter" },
      { method: "GET", path: `${RESTORE}?revision=0`, status: 400, code: "bad_parameter" },
      { method: "GET", path: `${RESTORE}?time=yesterday`, status: 400, code: "bad_parameter" },
      { method: "GET", path: `${RESTORE}?branch=main`, status: 400, code: "bad_parameter" },
      { method: "GET", path: `${RESTORE}?revision=999`, status: 404, code: "revision_unknown" },
      {
        method: "POST",
        path: RESTORE,
        json: { revision: 1, time: "2026-01-01T00:00:00Z" },
        status: 422,
        code: "invalid_body",
      },
      { method: "POST", path: RESTORE, json: { fresh: true }, status: 422, code: "invalid_body" },
      {
        method: "POST",
        path: RESTORE,
        json: { token: { name: "_x", accessor: "a".repeat(12), digest: "0".repeat(64) } },
        status: 422,
        code: "invalid_body",
      },
      { method: "DELETE", path: RESTORE, status: 405, code: "method_not_allowed" },
    ];
    for (const { method, path, json, status, code } of cases) {
      const got = await ask(host, method, path, { json });
      expect([method, path, got.status, got.json.code]).toEqual([method, path, status, code]);
    }
    expect(await ask(host, "POST", RESTORE, { json: {}, token: "wrong" })).toMatchObject({
      status: 403,
      json: { code: "bootstrap_refused" },
    });
    const nothing = await fetch(`${host.url}${RESTORE}`);
    expect(nothing.status).toBe(401);
  });

  test("are safe for two callers at once", async () => {
    const { source, variables } = await backups();
    const host = await hostOver(variables, { workers: 2 });
    const answers = await Promise.all([1, 2, 3].map(() => ask(host, "POST", RESTORE, { json: {} })));
    for (const { status, json } of answers)
      expect([status, json.code ?? json.state]).toSatisfy(
        ([code, said]) =>
          code === 200 || (code === 503 && said === "busy") || (code === 409 && said === "not_empty"),
      );
    await untilRestored(host);
    const copy = stored(host);
    expectSame(copy, source);
    copy.close();
  });
});
