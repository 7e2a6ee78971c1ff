import { copyFileSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { beforeAll, describe, expect, test } from "vitest";
import type { RestorePoint } from "../../lib/api/backup-answers.ts";
import type { NodeDb } from "../../lib/store/sqlite/driver-node.ts";
import { snapshotRows, statusRows } from "../../programs/cli/backup/views.ts";
import type { HostOptions } from "../../programs/host/options.ts";
import { askAs } from "../../testkit/ask.ts";
import { expectSame, fill, put, restore } from "../../testkit/backup.ts";
import { openServedBucket } from "../../testkit/bucket.ts";
import { variablesOf } from "../../testkit/bucket-settings.ts";
import { buildFor, LEDGE_MANIFEST, testFolder } from "../../testkit/host.ts";
import { cheaperEngine } from "../../testkit/native.ts";
import { addNamespace, giveToken, tokenOf } from "../../testkit/proposals.ts";
import { openServedStore } from "../../testkit/served-store.ts";
import { openTestStore } from "../../testkit/store.ts";

const TOKEN = tokenOf("t");
const ask = askAs(TOKEN);

beforeAll(() => buildFor(LEDGE_MANIFEST));

async function prepared(
  more: Record<string, string> = {},
  engine: Pick<HostOptions, "engine"> = cheaperEngine(),
) {
  const { server, bucket } = await openServedBucket();
  const variables = { ...variablesOf(server), ...more };
  const served = await openServedStore(
    (db) => {
      fill(db);
      giveToken(db, TOKEN, ["admin", "backup", "read", "write", "status", "history"]);
    },
    { variables, ...engine },
  );
  return { ...served, bucket, variables };
}

const head = (db: NodeDb) => Number(db.all("select revision from store")[0]?.[0]);

describe("the component, asked to look after its backups", () => {
  test("says which restore points are damaged", async () => {
    const { db, bucket, host } = await prepared();
    await ask(host, "POST", "/v1/backup/run");
    const lineage = String(db.all("select lineage from store")[0]?.[0]);
    const [name = ""] = await bucket.list(`${lineage}/bases/`);
    await bucket.put(name, Uint8Array.of(1));
    await ask(host, "POST", "/v1/backup/prove");
    const { snapshots } = (await ask(host, "GET", "/v1/backup/snapshots")).json;
    const damaged = snapshots.filter((point: RestorePoint) => point.damaged !== null);
    expect(damaged.length).toBeGreaterThan(0);
    for (const point of damaged) expect(point.damaged).toEqual({ object: name, at: expect.any(String) });
    for (const row of snapshotRows(damaged)) expect(row).toContain("damaged");
    const { backup } = (await ask(host, "GET", "/v1/admin/status")).json;
    expect(backup.damagedPoints).toBe(damaged.length);
    expect(statusRows(backup).flat().join(" ")).toContain(`${damaged.length} of them damaged`);
  });

  test("proves in the guest what it wrote, and shows restore points, status and metrics", async () => {
    const { db, host } = await prepared({}, {});
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
    expect(listed.json.snapshots[0].damaged).toBe(null);
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
    expect((await ask(host, "GET", "/metrics")).text).toContain(
      `ledge_backup_replayed_revision ${head(db)}\n`,
    );
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
  });

  test("refuses settings that it cannot read by their names", async () => {
    const { host } = await prepared({ backup_retention: "some", backup_grace: "never" });
    const refused = await ask(host, "POST", "/v1/backup/run");
    expect(refused).toMatchObject({ status: 409, json: { code: "bucket_not_set" } });
    expect(refused.json.detail).toContain("backup_retention, backup_grace");
  });

  test("is told of a fork, says so, serves on, and goes on once a person has picked", async () => {
    const { db, host, bucket, variables, stateDir } = await prepared({}, {});
    await ask(host, "POST", "/v1/backup/run");
    const twinDir = testFolder();
    copyFileSync(join(stateDir, "ledge.db"), join(twinDir, "ledge.db"));
    put(db, "k", "source");
    await ask(host, "POST", "/v1/backup/run");
    const { db: twinDb, host: twin } = await openServedStore((store) => put(store, "k", "twin"), {
      stateDir: twinDir,
      variables,
      freshInstances: true,
    });
    expect(await ask(twin, "POST", "/v1/backup/pick", { json: { lineage: "this" } })).toMatchObject({
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
    expect(await ask(twin, "POST", "/v1/backup/pick", { json: { lineage: "0123456789" } })).toMatchObject({
      status: 404,
    });
    const picked = await ask(twin, "POST", "/v1/backup/pick", { json: { lineage: "this" } });
    expect(picked).toMatchObject({ status: 200, json: { state: "adopted", epoch: 2 } });
    expect(put(twinDb, "k", "goes on")).toBe(picked.json.firstRevision);
    expect(await ask(twin, "POST", "/v1/backup/run")).toMatchObject({ json: { state: "exported" } });
    const copy = openTestStore();
    await restore(copy.db, bucket);
    expectSame(copy.db, twinDb);
  });

  test("seals only a read-only store, which then takes no write until it is adopted", async () => {
    const { db, host, bucket } = await prepared();
    expect(await ask(host, "POST", "/v1/backup/seal")).toMatchObject({
      status: 503,
      json: { code: "read_only" },
    });
    await ask(host, "PUT", "/v1/admin/mode", { json: { mode: "read_only" } });
    const sealed = await ask(host, "POST", "/v1/backup/seal");
    expect(sealed).toMatchObject({
      status: 200,
      json: { state: "sealed", revision: head(db), provenRevision: head(db) },
    });
    const bytes = await bucket.get(sealed.json.manifest, 1e6);
    expect(new TextDecoder().decode(bytes)).toContain('"sealed":true');
    expect(await ask(host, "PUT", "/v1/admin/mode", { json: { mode: "open" } })).toMatchObject({
      status: 503,
      json: { code: "read_only" },
    });
    expect(await ask(host, "GET", "/v1/admin/status")).toMatchObject({
      json: { mode: "stopped", backup: { sealedRevision: head(db) } },
    });
    expect(await ask(host, "POST", "/v1/backup/seal")).toMatchObject({ json: { state: "sealed" } });
    expect(await ask(host, "POST", "/v1/backup/adopt")).toMatchObject({ json: { state: "adopted" } });
    expect(await ask(host, "PUT", "/v1/admin/mode", { json: { mode: "open" } })).toMatchObject({
      status: 200,
    });
  });

  test("removes a purged value from the store and every object, in the real components", async () => {
    const secret = "correct-horse-battery-staple";
    const { db, host, bucket } = await prepared({}, {});
    addNamespace(db, "leaky");
    await ask(host, "POST", "/v1/commit", {
      json: { changes: [{ op: "put", namespace: "leaky", key: "db", value: { password: secret } }] },
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
      json: { namespace: "leaky", key: "db", why: "a password was pasted" },
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
  });
});
