import { gunzipSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { LIMITS } from "../../../lib/backup/export/limits.ts";
import { runTick } from "../../../lib/backup/export/tick.ts";
import { DEFAULT_POLICY } from "../../../lib/backup/policy.ts";
import { planPrune } from "../../../lib/backup/prune/prune.ts";
import { parseRetention } from "../../../lib/core/retention.ts";
import { parseObjectName } from "../../../lib/snapshot/names.ts";
import { readManifest } from "../../../lib/snapshot/read.ts";
import { readExportedStore } from "../../../lib/store/catalogue/catalogue.ts";
import { listDamagedPoints, readDamageTimes } from "../../../lib/store/catalogue/damage.ts";
import { listPoints } from "../../../lib/store/catalogue/points.ts";
import { listUnwrittenPurges } from "../../../lib/store/catalogue/purge.ts";
import type { NodeDb } from "../../../lib/store/sqlite/driver-node.ts";
import {
  bytes,
  expectSame,
  fill,
  openQuickStore,
  put,
  restore,
  SMALL,
  TARGET,
  tick,
} from "../../../testkit/backup.ts";
import { Cut, cutAt, type MemoryBucket, memoryBucket } from "../../../testkit/bucket.ts";
import { openImage } from "../../../testkit/clone.ts";
import { FULL } from "../../../testkit/crash-sample.ts";
import { countRowsOf, endLease, rowOf } from "../../../testkit/operation.ts";
import { T0 } from "../../../testkit/proposals.ts";
import { purgeValue } from "../../../testkit/purge.ts";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const POLICY = {
  retention: parseRetention("all 1h, hourly 6h") ?? DEFAULT_POLICY.retention,
  graceMs: HOUR,
  proofIntervalMs: 2 * HOUR,
};

const names = (bucket: MemoryBucket, folder: string) =>
  [...bucket.objects.keys()].filter((name) => name.includes(`/${folder}/`)).sort();
const head = (db: NodeDb) => Number(db.all("select revision from store")[0]?.[0]);
const lineage = (db: NodeDb) => String(db.all("select lineage from store")[0]?.[0]);

/** What a bucket holds after its newest snapshot, which was replayed, lost a bit of its base; and a good point before it. */
async function damagedAfterReplay() {
  const { db } = openQuickStore();
  const bucket = memoryBucket();
  fill(db);
  const limits = { ...SMALL, baseBytesMin: 1_000_000 };
  await tick(db, bucket, { limits });
  const good = head(db);
  const goodNames = new Set(bucket.objects.keys());
  // Long enough for a base of its own.
  for (let n = 0; n < 16; n += 1) put(db, `more/${n}`, "x".repeat(300));
  const policy = { ...POLICY, retention: parseRetention("all 0s") ?? POLICY.retention };
  await tick(db, bucket, {
    limits: { ...SMALL, baseBytesMin: 1 },
    asked: { replay: true, prune: true },
    policy,
    nowMs: T0 + MINUTE,
  });
  const [name = ""] = names(bucket, "bases").filter((one) => !goodNames.has(one) && one.includes(".part-"));
  bucket.objects.set(name, Uint8Array.of(1));
  return { db, bucket, good, name, policy };
}

/** Writes and backs up every ten minutes for some hours. */
async function live(db: NodeDb, bucket: MemoryBucket, hours: number, fromMs = T0): Promise<number> {
  let nowMs = fromMs;
  for (let n = 0; n < hours * 6; n += 1, nowMs += 10 * MINUTE) {
    put(db, `k${n % 5}`, `value ${n} ${"x".repeat((n * 31) % 150)}`);
    await tick(db, bucket, { nowMs, policy: POLICY });
  }
  return nowMs;
}

/** Every manifest in the bucket restores, and nothing that one names is missing. */
async function expectEveryPointRestores(bucket: MemoryBucket): Promise<number> {
  const manifests = names(bucket, "manifests");
  for (const name of manifests) {
    const { manifest } = await readManifest(bucket, name);
    for (const object of manifest.objects) expect([...bucket.objects.keys()]).toContain(object.name);
    const { db, close } = openQuickStore();
    const report = await restore(db, bucket, manifest.revision);
    expect(report.revision).toBe(manifest.revision);
    close();
  }
  return manifests.length;
}

/** What the manifests name or, being merged since, span: a segment of the range, a part of the base. */
async function neededNames(bucket: MemoryBucket): Promise<Set<string>> {
  const needed = new Set<string>();
  for (const name of names(bucket, "manifests")) {
    const { manifest, base } = await readManifest(bucket, name);
    for (const folder of ["segments", "auth"]) {
      for (const one of names(bucket, folder)) {
        const revision = Number(one.split("-")[1]);
        if (revision > (base?.revision ?? 0) && revision <= manifest.revision) needed.add(one);
      }
    }
    if (base === undefined) continue;
    const at = `-${String(base.revision).padStart(16, "0")}-`;
    for (const one of [...names(bucket, "bases"), ...names(bucket, "auth")])
      if (one.includes(at)) needed.add(one);
  }
  return needed;
}

describe("pruning", () => {
  test("leaves only restore points that restore, and a bucket that stops growing", async () => {
    const { db } = openQuickStore();
    const bucket = memoryBucket();
    fill(db);
    const nowMs = await live(db, bucket, FULL ? 14 : 9);
    const points = listPoints(db, { target: TARGET, lineage: lineage(db) });
    expect(points.map(({ manifest }) => manifest).sort()).toEqual(names(bucket, "manifests"));
    // An hour of all, six hourly ones, and those in their grace.
    expect(points.length).toBeLessThan(30);
    await expectEveryPointRestores(bucket);
    await live(db, bucket, FULL ? 10 : 6, nowMs);
    expect(names(bucket, "manifests").length).toBeLessThan(30);
    // What no manifest needs waits for its grace to be over, and nothing else lies there.
    const needed = await neededNames(bucket);
    const waiting = new Set(
      db.all("select name from backup_object where doomed_ms is not null").map(([name]) => name),
    );
    const folders = ["segments", "bases", "auth"].flatMap((folder) => names(bucket, folder));
    expect(folders.filter((name) => !needed.has(name) && !waiting.has(name))).toEqual([]);
    const copy = openQuickStore();
    await restore(copy.db, bucket);
    expectSame(copy.db, db);
  });

  test("keeps a proof as long as a point at its revision, and no longer", async () => {
    const { db } = openQuickStore();
    const bucket = memoryBucket();
    fill(db);
    const nowMs = await live(db, bucket, 8);
    await tick(db, bucket, { nowMs, policy: POLICY, asked: { prune: true } });
    const points = listPoints(db, { target: TARGET, lineage: lineage(db) });
    const wanted = new Set(points.flatMap(({ doomedMs, revision }) => (doomedMs === null ? [revision] : [])));
    const proofs = db.all("select revision, doomed_ms is null from backup_object where kind like 'proof-%'");
    expect(proofs.map(([revision, stays]) => [revision, stays === 1])).toEqual(
      proofs.map(([revision]) => [revision, wanted.has(Number(revision))]),
    );
    expect(new Set(proofs.map(([, stays]) => stays))).toEqual(new Set([0, 1]));
  });

  test("waits for the grace to be over", async () => {
    const { db } = openQuickStore();
    const bucket = memoryBucket();
    fill(db);
    const nowMs = await live(db, bucket, 3);
    const before = new Set(bucket.objects.keys());
    await tick(db, bucket, { nowMs, policy: { ...POLICY, graceMs: 999 * HOUR }, asked: { prune: true } });
    expect([...before].every((name) => bucket.objects.has(name))).toBe(true);
  });

  test("is held back until a whole chain was replayed, and by a proof that fails", async () => {
    const { db } = openQuickStore();
    const bucket = memoryBucket();
    fill(db);
    const nowMs = await live(db, bucket, 4);
    db.all(
      `update operation set value=json_replace(value,'$.atMs',?1,'$.manifest',null) where name in ('replayed','replay-tried')`,
      [nowMs + 20 * HOUR],
    );
    const before = names(bucket, "manifests");
    await tick(db, bucket, { nowMs: nowMs + 20 * HOUR, policy: POLICY, asked: { prune: true } });
    expect(names(bucket, "manifests")).toEqual(before);
  });

  test("stops where somebody else's manifest lies in the folder, and deletes nothing", async () => {
    const { db } = openQuickStore();
    const bucket = memoryBucket();
    fill(db);
    const nowMs = await live(db, bucket, 4);
    const [newest = ""] = names(bucket, "manifests");
    const { manifest } = await readManifest(bucket, newest);
    const other = JSON.stringify({ ...manifest, run: "f".repeat(16), tip: "e".repeat(16) });
    const hash = Buffer.from(await crypto.subtle.digest("SHA-256", Buffer.from(other))).toString("hex");
    const theirs = newest.replace(manifest.run, "f".repeat(16));
    bucket.objects.set(
      theirs,
      new Uint8Array(Buffer.from(`${other}\n${JSON.stringify({ sha256: hash })}\n`)),
    );
    const before = [...bucket.objects.keys()];
    const outcome = await tick(db, bucket, {
      nowMs: nowMs + 3 * HOUR,
      policy: POLICY,
      asked: { prune: true },
    });
    expect(outcome).toMatchObject({
      state: "stopped",
      finding: { kind: "fork", data: { cause: "same_lineage" } },
    });
    expect(before.every((name) => bucket.objects.has(name))).toBe(true);
    expect(await tick(db, bucket, { nowMs: nowMs + 5 * HOUR, policy: POLICY })).toMatchObject({
      state: "stopped",
    });
  });

  test("may be cut between any two requests, and the next one ends it", async () => {
    const source = openQuickStore();
    const made = memoryBucket();
    fill(source.db);
    const nowMs = (await live(source.db, made, 5)) + 3 * HOUR;
    const image = source.db.raw.serialize();
    for (let calls = 1; ; calls += FULL ? 1 : 19) {
      const db = openImage(image);
      const bucket = memoryBucket(made.objects);
      const request = {
        db,
        target: TARGET,
        limits: SMALL,
        nowMs: () => nowMs,
        randomBytes: bytes,
        policy: { ...DEFAULT_POLICY, ...POLICY },
        asked: { prune: true },
      };
      let complete = true;
      try {
        await runTick({ ...request, bucket: cutAt(bucket, calls) });
      } catch (error) {
        if (!(error instanceof Cut)) throw error;
        complete = false;
      }
      await expectWhole(bucket);
      endLease(db);
      await runTick({ ...request, bucket });
      await expectWhole(bucket);
      expect(db.all("select count(*) from backup_object where doomed_ms=0")).toEqual([[0]]);
      if (complete) break;
    }
  });

  test("takes away what a killed run left behind, after its grace", async () => {
    const { db } = openQuickStore();
    const bucket = memoryBucket();
    fill(db);
    await tick(db, bucket, { policy: POLICY });
    put(db, "k", "v");
    const dead = runTick({
      db,
      bucket: cutAt(bucket, 4),
      target: TARGET,
      limits: SMALL,
      nowMs: () => T0 + MINUTE,
      randomBytes: bytes,
    });
    await expect(dead).rejects.toThrow(Cut);
    endLease(db);
    const known = new Set(db.all("select name from backup_object").map(([name]) => String(name)));
    const orphan = names(bucket, "segments").find((name) => !known.has(name));
    expect(orphan).toBeDefined();
    const nowMs = await live(db, bucket, 5, T0 + HOUR);
    await tick(db, bucket, { nowMs, policy: POLICY, asked: { prune: true } });
    await tick(db, bucket, { nowMs: nowMs + 2 * HOUR, policy: POLICY, asked: { prune: true } });
    expect(bucket.objects.has(orphan ?? "")).toBe(false);
    await expectWhole(bucket);
  });
});

/** No manifest names what is not there. */
async function expectWhole(bucket: MemoryBucket): Promise<void> {
  for (const name of names(bucket, "manifests")) {
    const { manifest } = await readManifest(bucket, name);
    for (const object of manifest.objects)
      expect(bucket.objects.has(object.name), `${name}: ${object.name}`).toBe(true);
  }
  const { db, close } = openQuickStore();
  await restore(db, bucket);
  close();
}

describe("a purge", () => {
  const SECRET = "hunter2-do-not-keep";
  const purge = (db: NodeDb, key: string, keepCurrent = false) =>
    purgeValue(db, { nowMs: T0, key, keepCurrent });
  const holding = (bucket: MemoryBucket) =>
    [...bucket.objects].filter(([name, content]) => {
      const text = name.endsWith(".gz") ? gunzipSync(content) : Buffer.from(content);
      return text.includes(SECRET);
    });

  test("removes the value from store, history, file and every object of the bucket", async () => {
    const { db } = openQuickStore();
    const bucket = memoryBucket();
    fill(db);
    const policy = { ...POLICY, retention: { kind: "forever" as const } };
    let nowMs = T0;
    const run = async (times: number) => {
      for (let n = 0; n < times; n += 1, nowMs += 10 * MINUTE) {
        put(db, `k${n % 5}`, `value ${n} ${"x".repeat((n * 31) % 150)}`);
        await tick(db, bucket, { nowMs, policy });
      }
    };
    await run(12);
    const firstBefore = head(db);
    put(db, "config/db", `{"password":"${SECRET}"}`);
    await run(6);
    put(db, "config/db", `{"password":"${SECRET}2"}`);
    await run(6);
    expect(holding(bucket).length).toBeGreaterThan(0);
    const old = names(bucket, "manifests").filter((name) => Number(name.slice(60, 76)) <= firstBefore);
    const outcome = purge(db, "config/db");
    expect(outcome).toMatchObject({ ok: true, revision: head(db), vacuumed: true });
    expect(listUnwrittenPurges(db)).toMatchObject([{ revision: head(db), firstRevision: firstBefore + 1 }]);
    db.all("vacuum");
    expect(db.raw.serialize().includes(SECRET)).toBe(false);
    expect(db.all("select op from change where key='config/db' order by revision")).toEqual([
      ["erase"],
      ["erase"],
      ["erase"],
    ]);
    for (let n = 0; n < 3; n += 1, nowMs += MINUTE) await tick(db, bucket, { nowMs, policy });
    expect(holding(bucket)).toEqual([]);
    expect(db.all("select value->>'doneMs' is not null from operation where name glob 'purge/*'")).toEqual([
      [1],
    ]);
    // What is older than the value was left alone, and still restores.
    expect(old.length).toBeGreaterThan(2);
    expect(old.every((name) => bucket.objects.has(name))).toBe(true);
    await expectEveryPointRestores(bucket);
    const copy = openQuickStore();
    await restore(copy.db, bucket);
    expectSame(copy.db, db);
    const { manifest } = await readManifest(
      bucket,
      names(bucket, "manifests").find((name) => name.includes(String(head(db)))) ?? "",
    );
    expect(JSON.stringify(manifest)).not.toContain(SECRET);
  });

  test("keeps the present value where that is clean, under another revision", () => {
    const { db } = openQuickStore();
    fill(db);
    put(db, "config/db", SECRET);
    put(db, "config/db", "clean");
    const outcome = purge(db, "config/db", true);
    expect(outcome).toMatchObject({ ok: true, revision: head(db) - 1 });
    expect(db.all("select cast(value as text), version, revision from entry where key='config/db'")).toEqual([
      ["clean", 1, head(db)],
    ]);
  });

  test("of what was never there is refused, and changes nothing", () => {
    const { db } = openQuickStore();
    fill(db);
    const before = head(db);
    expect(purge(db, "never")).toMatchObject({ ok: false, code: "not_found" });
    expect(head(db)).toBe(before);
    expect(countRowsOf(db, "purge/")).toBe(0);
  });

  test("while a base is in the making begins that base anew", async () => {
    const { db } = openQuickStore();
    const bucket = memoryBucket();
    fill(db);
    put(db, "a-first/db", SECRET);
    const budget = { bytes: 1, ms: 0 };
    for (let n = 0; n < 200; n += 1) {
      await tick(db, bucket, { nowMs: T0 + n, policy: POLICY, budget });
      const { phase, parts } = rowOf(db, "base");
      if (phase === "documents" && Array.isArray(parts) && parts.length > 3) break;
    }
    expect(countRowsOf(db, "base")).toBe(1);
    purge(db, "a-first/db");
    for (let n = 0; n < 6; n += 1) await tick(db, bucket, { nowMs: T0 + HOUR + n * MINUTE, policy: POLICY });
    expect(holding(bucket)).toEqual([]);
    const copy = openQuickStore();
    expect(await restore(copy.db, bucket)).toMatchObject({ check: "proven" });
    expectSame(copy.db, db);
  });
});

describe("pruning where a snapshot is damaged", () => {
  test("lets a damaged point go behind a newer replay, and its mark with it", async () => {
    const { db, bucket, name, policy } = await damagedAfterReplay();
    const place = { target: TARGET, lineage: lineage(db) };
    const asked = { replay: true, prune: true };
    await tick(db, bucket, { nowMs: T0 + HOUR, asked, policy });
    const damaged = listDamagedPoints(db, place);
    const points = listPoints(db, place).filter(({ run }) => damaged.has(run));
    expect(damaged.size).toBeGreaterThan(0);
    for (const { baseRevision } of points) expect(baseRevision).toBe(parseObjectName(name)?.revision);
    for (const hours of [2, 3, 4, 5, 6, 7, 8])
      await tick(db, bucket, { nowMs: T0 + hours * HOUR, asked, policy, limits: LIMITS });
    expect([listDamagedPoints(db, place).size, readDamageTimes(db).size]).toEqual([0, 0]);
    expect(bucket.objects.has(name)).toBe(false);
    for (const { manifest } of points) expect(bucket.objects.has(manifest)).toBe(false);
    await expectEveryPointRestores(bucket);
    const copy = openQuickStore().db;
    await restore(copy, bucket);
    expectSame(copy, db);
  });

  test("keeps the newest sound point beside the newest, and waits for a new replay", async () => {
    const { db, bucket, policy } = await damagedAfterReplay();
    const store = readExportedStore(db);
    const plan = () =>
      planPrune({
        db,
        target: TARGET,
        store,
        nowMs: () => T0 + HOUR,
        policy: { ...DEFAULT_POLICY, ...policy, retention: parseRetention("daily 7d") ?? policy.retention },
      });
    const before = plan().kept.map(({ run }) => run);
    await tick(db, bucket, { nowMs: T0 + 2 * MINUTE, asked: { replay: true }, policy });
    const damaged = listDamagedPoints(db, { target: TARGET, lineage: store.lineage });
    const kept = plan().kept.filter(({ run }) => !damaged.has(run));
    expect(before.every((run) => damaged.has(run))).toBe(true);
    expect(kept.length).toBeGreaterThan(0);
    expect(plan().heldBy).not.toBe(null);
  });
});
