import { copyFileSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { beforeAll, describe, expect, test } from "vitest";
import { formatToken, type ParsedToken, secretDigest } from "../../lib/core/token.ts";
import { type NodeDb, openNodeDb } from "../../lib/store/sqlite/driver-node.ts";
import { migrate } from "../../lib/store/sqlite/migrate.ts";
import { expectSame, fill, put, restore } from "../../testkit/backup.ts";
import { openServedBucket } from "../../testkit/bucket.ts";
import { buildFor, openTestHost, root, type TestHost, testFolder } from "../../testkit/host.ts";
import { addNamespace, putReserved, tokenDocument } from "../../testkit/proposals.ts";
import { committedMigrations, openTestStore } from "../../testkit/store.ts";

const MANIFEST = join(root, "spin.toml");
const TOKEN: ParsedToken = { accessor: "tttttttttttt", secret: "t".repeat(43) };

beforeAll(() => buildFor(MANIFEST), 180_000);

/** A store with history and one token that may do everything. */
function makeStore(stateDir: string): NodeDb {
  const db = openNodeDb(join(stateDir, "ledge.db"));
  migrate(db, committedMigrations());
  fill(db);
  const verbs = ["admin", "backup", "read", "write", "status", "history"];
  const grants = [{ verbs, namespace: "*", scope: "" }];
  const document = tokenDocument({ digest: secretDigest(TOKEN.secret), grants, creator: "aaaaaaaaaaaa" });
  const made = putReserved(db, "_auth", `token/${TOKEN.accessor}`, document);
  if (!made.ok) throw new Error(made.code);
  return db;
}

async function ask(host: TestHost, method: string, path: string, body?: unknown) {
  const headers: Record<string, string> = { authorization: `Bearer ${formatToken(TOKEN)}` };
  if (body !== undefined) headers["content-type"] = "application/json";
  const response = await fetch(`${host.url}${path}`, {
    method,
    headers,
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const text = await response.text();
  return { status: response.status, json: text === "" ? null : JSON.parse(text) };
}

const open = (stateDir: string, variables: Record<string, string>, freshInstances = false) =>
  openTestHost({ manifest: MANIFEST, stateDir, variables, freshInstances });

async function prepared(more: Record<string, string> = {}) {
  const { server, bucket } = await openServedBucket();
  const variables = {
    bucket_endpoint: server.endpoint,
    bucket_name: server.bucketName,
    bucket_access_key_id: server.accessKeyId,
    bucket_secret_access_key: server.secretAccessKey,
    ...more,
  };
  const stateDir = testFolder();
  const db = makeStore(stateDir);
  const host = await open(stateDir, variables);
  return { db, host, bucket, variables, stateDir };
}

const head = (db: NodeDb) => Number(db.all("select revision from store")[0]?.[0]);

describe("the component, asked to look after its backups", () => {
  test("proves in the guest what it wrote, and shows restore points, status and metrics", async () => {
    const { db, host } = await prepared();
    expect(await ask(host, "POST", "/v1/backup/run")).toMatchObject({
      status: 200,
      json: { state: "exported", provenRevision: head(db) },
    });
    put(db, "later", Uint8Array.of(0, 200));
    expect(await ask(host, "POST", "/v1/backup/run")).toMatchObject({ json: { provenRevision: head(db) } });
    expect(await ask(host, "POST", "/v1/backup/prove")).toMatchObject({
      json: { state: "proven", revision: head(db) },
    });
    const listed = await ask(host, "GET", "/v1/backup/snapshots?limit=1");
    expect(listed.json).toMatchObject({
      snapshots: [{ revision: head(db), proof: "replay", removableFrom: null }],
      branches: [{ relation: "this", revision: head(db), ignored: false }],
      next: expect.stringMatching(/^[0-9a-f]{16}$/),
    });
    const more = await ask(host, "GET", `/v1/backup/snapshots?cursor=${listed.json.next}`);
    expect(more.json.snapshots.length).toBeGreaterThan(0);
    expect(more.json.snapshots.map(({ run }: { run: string }) => run)).not.toContain(
      listed.json.snapshots[0].run,
    );
    expect(await ask(host, "GET", "/v1/admin/status")).toMatchObject({
      json: {
        backup: { state: "ok", provenRevision: head(db), replayedRevision: head(db), scrub: { faults: 0 } },
      },
    });
    const metrics = await fetch(`${host.url}/metrics`, {
      headers: { authorization: `Bearer ${formatToken(TOKEN)}` },
    });
    expect(await metrics.text()).toContain(`ledge_backup_replayed_revision ${head(db)}\n`);
    db.close();
  });

  test("plans a prune without changing anything, and prunes what is due", async () => {
    const { db, host, bucket } = await prepared({ backup_retention: "all 0s", backup_grace: "10m" });
    for (let n = 0; n < 4; n += 1) {
      put(db, "k", `${n}`);
      await ask(host, "POST", "/v1/backup/run");
    }
    await ask(host, "POST", "/v1/backup/prove");
    const before = await bucket.list("");
    const plan = await ask(host, "POST", "/v1/backup/prune?plan=true");
    expect(plan.json).toMatchObject({ state: "plan", retention: "all 0s", heldBy: null });
    expect(plan.json.points.length).toBeGreaterThan(1);
    expect(await bucket.list("")).toEqual(before);
    // Marked now, and removed once the grace is over.
    expect(await ask(host, "POST", "/v1/backup/prune")).toMatchObject({ json: { pruned: { points: 0 } } });
    expect(await bucket.list("")).toEqual(before);
    for (const table of ["backup_run", "backup_object"])
      db.all(`update ${table} set doomed_ms=doomed_ms-600000 where doomed_ms is not null`);
    const pruned = await ask(host, "POST", "/v1/backup/prune");
    expect(pruned.json).toMatchObject({ state: "pruned", points: [] });
    expect(pruned.json.pruned.points).toBeGreaterThan(1);
    expect(Object.keys(pruned.json.pruned)).toEqual(["points", "objects", "bytes"]);
    expect((await bucket.list("")).length).toBeLessThan(before.length);
    const copy = openTestStore();
    await restore(copy.db, bucket);
    expectSame(copy.db, db);
    db.close();
  });

  test("refuses settings that it cannot read by their names", async () => {
    const { db, host } = await prepared({ backup_retention: "some", backup_grace: "never" });
    const refused = await ask(host, "POST", "/v1/backup/run");
    expect(refused).toMatchObject({ status: 409, json: { code: "bucket_not_set" } });
    expect(refused.json.detail).toContain("backup_retention, backup_grace");
    db.close();
  });

  test("is told of a fork, says so, serves on, and goes on once a person has picked", async () => {
    const { db, host, bucket, variables, stateDir } = await prepared();
    await ask(host, "POST", "/v1/backup/run");
    const twinDir = testFolder();
    copyFileSync(join(stateDir, "ledge.db"), join(twinDir, "ledge.db"));
    put(db, "k", "source");
    await ask(host, "POST", "/v1/backup/run");
    const twinDb = openNodeDb(join(twinDir, "ledge.db"));
    put(twinDb, "k", "twin");
    const twin = await open(twinDir, variables, true);
    expect(await ask(twin, "POST", "/v1/backup/pick", { lineage: "this" })).toMatchObject({
      status: 404,
      json: { code: "not_found" },
    });
    const stopped = await ask(twin, "POST", "/v1/backup/run");
    expect(stopped).toMatchObject({ status: 409, json: { code: "fork" } });
    expect(stopped.json.detail).toContain("ledge backup pick");
    expect(await ask(twin, "GET", "/v1/admin/status")).toMatchObject({
      json: { backup: { state: "fork", finding: { cause: "same_lineage" } } },
    });
    expect((await fetch(`${twin.url}/readyz`)).status).toBe(200);
    expect(await ask(twin, "GET", "/v1/read/shop?key=none")).toMatchObject({ status: 404 });
    expect(await ask(twin, "POST", "/v1/backup/pick", { lineage: "0123456789" })).toMatchObject({
      status: 404,
    });
    const picked = await ask(twin, "POST", "/v1/backup/pick", { lineage: "this" });
    expect(picked).toMatchObject({ status: 200, json: { state: "adopted", epoch: 2 } });
    expect(put(twinDb, "k", "goes on")).toBe(picked.json.firstRevision);
    expect(await ask(twin, "POST", "/v1/backup/run")).toMatchObject({ json: { state: "exported" } });
    const copy = openTestStore();
    await restore(copy.db, bucket);
    expectSame(copy.db, twinDb);
    db.close();
    twinDb.close();
  });

  test("seals only a read-only store, which then takes no write until it is adopted", async () => {
    const { db, host, bucket } = await prepared();
    expect(await ask(host, "POST", "/v1/backup/seal")).toMatchObject({
      status: 503,
      json: { code: "read_only" },
    });
    await ask(host, "PUT", "/v1/admin/mode", { mode: "read_only" });
    const sealed = await ask(host, "POST", "/v1/backup/seal");
    expect(sealed).toMatchObject({
      status: 200,
      json: { state: "sealed", revision: head(db), provenRevision: head(db) },
    });
    const bytes = await bucket.get(sealed.json.manifest, 1e6);
    expect(new TextDecoder().decode(bytes)).toContain('"sealed":true');
    expect(await ask(host, "PUT", "/v1/admin/mode", { mode: "open" })).toMatchObject({
      status: 503,
      json: { code: "read_only" },
    });
    expect(await ask(host, "GET", "/v1/admin/status")).toMatchObject({
      json: { mode: "stopped", backup: { sealedRevision: head(db) } },
    });
    expect(await ask(host, "POST", "/v1/backup/seal")).toMatchObject({ json: { state: "sealed" } });
    expect(await ask(host, "POST", "/v1/backup/adopt")).toMatchObject({ json: { state: "adopted" } });
    expect(await ask(host, "PUT", "/v1/admin/mode", { mode: "open" })).toMatchObject({ status: 200 });
    db.close();
  });

  test("removes a purged value from the store and every object, in the real components", async () => {
    const secret = "correct-horse-battery-staple";
    const { db, host, bucket } = await prepared();
    addNamespace(db, "leaky");
    await ask(host, "POST", "/v1/commit", {
      changes: [{ op: "put", namespace: "leaky", key: "db", value: { password: secret } }],
    });
    await ask(host, "POST", "/v1/backup/run");
    const holding = async () => {
      const found: string[] = [];
      for (const name of await bucket.list("")) {
        const bytes = (await bucket.get(name, 1e7)) ?? new Uint8Array(0);
        const text = name.endsWith(".gz") ? gunzipSync(bytes) : Buffer.from(bytes);
        if (text.includes(secret)) found.push(name);
      }
      return found;
    };
    expect((await holding()).length).toBeGreaterThan(0);
    const purged = await ask(host, "POST", "/v1/admin/purge", {
      namespace: "leaky",
      key: "db",
      why: "a password was pasted",
    });
    expect(purged).toMatchObject({ status: 200, json: { vacuumed: true, bucket: "pending", ancestors: [] } });
    expect(db.raw.serialize().includes(secret)).toBe(false);
    const feed = await ask(host, "GET", `/v1/changes?since=${purged.json.revision - 1}&ns=leaky`);
    expect(feed.json.commits[0].changes).toEqual([{ op: "erase", namespace: "leaky", key: "db" }]);
    await host.tick("snapshot-export");
    await host.tick("snapshot-export");
    expect(await holding()).toEqual([]);
    expect(await ask(host, "GET", "/v1/backup/status")).toMatchObject({
      json: { openPurges: 0, state: "ok" },
    });
    const copy = openTestStore();
    await restore(copy.db, bucket);
    expectSame(copy.db, db);
    db.close();
  });
});
