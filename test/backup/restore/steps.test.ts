import { describe, expect, test } from "vitest";
import { LIMITS } from "../../../lib/backup/export/limits.ts";
import { findSnapshot, type Wanted } from "../../../lib/backup/restore/find-snapshot.ts";
import {
  beginRestore,
  continueRestore,
  type RestoreOptions,
  StepTaken,
  StoreNotEmpty,
} from "../../../lib/backup/restore/restore.ts";
import { findRestoreRecord } from "../../../lib/store/restore/record.ts";
import type { NodeDb } from "../../../lib/store/sqlite/driver-node.ts";
import {
  begin,
  bytes,
  contents,
  expectSame,
  fill,
  openQuickStore,
  put,
  SMALL,
  tick,
} from "../../../testkit/backup.ts";
import { Cut, cutAt, type MemoryBucket, memoryBucket } from "../../../testkit/bucket.ts";
import { propose, T0 } from "../../../testkit/proposals.ts";

const ONE_STEP = { ms: 0, bytes: 1 };

async function backedUp(): Promise<{ db: NodeDb; bucket: MemoryBucket }> {
  const { db } = openQuickStore();
  const bucket = memoryBucket();
  fill(db);
  await tick(db, bucket, { limits: { ...SMALL, baseBytesMin: 1000 } });
  for (let n = 0; n < 3; n += 1) {
    put(db, `after-${n}`, `n ${n}`);
    await tick(db, bucket);
  }
  return { db, bucket };
}

async function started(bucket: RestoreOptions["bucket"], wanted: Wanted = {}) {
  const { db } = openQuickStore();
  const options: RestoreOptions = { db, bucket, nowMs: () => T0, randomBytes: bytes };
  const found = await findSnapshot(bucket, wanted);
  if (!found.ok) throw new Error(found.code);
  await beginRestore(options, found.value, { asked: {}, restart: false });
  return { db, options, found: found.value };
}

/** A copy of the database, as a process that starts after a crash finds it. */
const state = (db: NodeDb) => db.all("select state from store")[0]?.[0];

describe("a restore in steps", () => {
  test("keeps the store closed until its last check, and then is the source", async () => {
    const { db: source, bucket } = await backedUp();
    const { db, options } = await started(bucket);
    let steps = 0;
    for (;;) {
      expect(state(db)).toBe("restoring");
      expect(propose(db, [{ op: "put", ns: "shop", key: "k", value: "v", if: -1 }])).toMatchObject({
        ok: false,
        code: "not_ready",
      });
      steps += 1;
      const record = await continueRestore(options, ONE_STEP);
      if (record.kind === "restored") {
        expect(record.report).toMatchObject({ check: "proven", revocationsApplied: 0 });
        break;
      }
      expect(record.doneBytes).toBeLessThanOrEqual(record.totalBytes);
    }
    expect(steps).toBeGreaterThan(6);
    expect(state(db)).toBe("open");
    expectSame(db, source);
    expect(findRestoreRecord(db)?.kind).toBe("restored");
  });

  test("reads the digest of a base page by page, over calls, and finds what differs", async () => {
    const { db: source } = openQuickStore();
    const bucket = memoryBucket();
    begin(source);
    for (let n = 0; n < 5; n += 1) put(source, `large/${n}`, `${n}`.repeat(900_000));
    await tick(source, bucket, { limits: LIMITS });
    const { options } = await started(bucket);
    let pages = 0;
    for (let ended = false; !ended; ) {
      const record = await continueRestore(options, ONE_STEP);
      ended = record.kind === "restored";
      if (record.kind === "restoring" && record.digesting !== undefined) pages += 1;
      if (record.kind === "restored") expect(record.report.check).toBe("proven");
    }
    expect(pages).toBeGreaterThan(1);
    // What was put down is what is compared.
    const other = await started(bucket);
    await expect(
      (async () => {
        for (;;) {
          const record = await continueRestore(other.options, ONE_STEP);
          if (record.kind !== "restoring" || record.digesting === undefined) continue;
          other.db.all("update entry set value=x'00', size=1 where key='large/4'");
        }
      })(),
    ).rejects.toThrow("does not fit its digest");
    other.db.close();
  });

  test("ends in the same store however often it is cut between and inside of steps", async () => {
    const { db: source, bucket } = await backedUp();
    for (const every of [1, 2, 3, 5]) {
      const { db, options } = await started(bucket);
      for (let tries = 0; ; tries += 1) {
        expect(tries).toBeLessThan(400);
        try {
          const cut = tries % 2 === 0 ? cutAt(bucket, 3 + every + (tries % 7)) : bucket;
          const record = await continueRestore({ ...options, bucket: cut }, ONE_STEP);
          if (record.kind === "restored") break;
        } catch (error) {
          if (!(error instanceof Cut)) throw error;
        }
      }
      expectSame(db, source);
    }
  });

  test("compares a digest within the chain once, though each step is another process", async () => {
    const { db: source, bucket } = await backedUp();
    for (let n = 0; n < 6; n += 1) put(source, `long-${n}`, "z".repeat(500));
    await tick(source, bucket, { limits: { ...SMALL, digestBytes: 0, baseBytesMin: 1e9 } });
    const { db, options, found } = await started(bucket);
    expect(found.snapshot.manifest.digest).toBe(null);
    for (;;) {
      const record = await continueRestore(options, ONE_STEP);
      if (record.kind !== "restored") continue;
      const { check, digestRevision, revision } = record.report;
      expect([check, digestRevision]).toEqual(["linked", revision - 6]);
      break;
    }
    expectSame(db, source);
  });

  test("rolls a step back with its progress when a row of it fails", async () => {
    const { bucket } = await backedUp();
    const { db, options } = await started(bucket);
    const before = [contents(db), findRestoreRecord(db)];
    const failing = {
      ...db,
      all(sql: string, params?: Parameters<NodeDb["all"]>[1]) {
        if (sql.startsWith("insert") && params?.[0] === "restore") throw new Cut("the disk is gone");
        return db.all(sql, params);
      },
    };
    await expect(continueRestore({ ...options, db: failing }, ONE_STEP)).rejects.toBeInstanceOf(Cut);
    expect([contents(db), findRestoreRecord(db)]).toEqual(before);
  });

  test("lets one of two callers do a step", async () => {
    const { db: source, bucket } = await backedUp();
    const { db, options } = await started(bucket);
    let nested: Promise<unknown> | undefined;
    const racing: MemoryBucket = memoryBucket(bucket.objects);
    racing.before = (call) => {
      if (call.includes("part-") && nested === undefined) nested = continueRestore(options, ONE_STEP);
    };
    await expect(
      (async () => {
        await continueRestore(
          { ...options, bucket: { ...racing, get: slowly(racing, () => nested) } },
          ONE_STEP,
        );
      })(),
    ).rejects.toBeInstanceOf(StepTaken);
    await nested;
    while ((await continueRestore(options, ONE_STEP)).kind !== "restored");
    expectSame(db, source);
  });

  test("is given up by restart only, and begins again with nothing", async () => {
    const { db: source, bucket } = await backedUp();
    const { db, options, found } = await started(bucket);
    await continueRestore(options, ONE_STEP);
    await continueRestore(options, ONE_STEP);
    await expect(beginRestore(options, found, { asked: {}, restart: false })).rejects.toBeInstanceOf(
      StoreNotEmpty,
    );
    await beginRestore(options, found, { asked: {}, restart: true });
    expect(db.all("select count(*) from commits")).toEqual([[0]]);
    while ((await continueRestore(options, ONE_STEP)).kind !== "restored");
    expectSame(db, source);
  });

  test("never begins in a store that holds anything, restart or not", async () => {
    const { bucket } = await backedUp();
    const { db } = openQuickStore();
    begin(db);
    const before = contents(db);
    const found = await findSnapshot(bucket);
    if (!found.ok) throw new Error(found.code);
    for (const restart of [false, true]) {
      const options: RestoreOptions = { db, bucket, nowMs: () => T0, randomBytes: bytes };
      await expect(beginRestore(options, found.value, { asked: {}, restart })).rejects.toBeInstanceOf(
        StoreNotEmpty,
      );
    }
    expect(contents(db)).toEqual(before);
  });

  test("a read that breaks at any request leaves the store closed and goes on from there", async () => {
    const { db: source, bucket } = await backedUp();
    const { db, options } = await started(bucket);
    for (let call = 1; ; call += 1) {
      try {
        await continueRestore({ ...options, bucket: cutAt(bucket, call) }, { ms: 1e9, bytes: 1e12 });
        break;
      } catch (error) {
        if (!(error instanceof Cut)) throw error;
        expect(state(db)).toBe("restoring");
      }
    }
    expectSame(db, source);
  });
});

function slowly(bucket: MemoryBucket, wait: () => Promise<unknown> | undefined): MemoryBucket["get"] {
  return async (name, maxBytes) => {
    const bytes = await bucket.get(name, maxBytes);
    await wait();
    return bytes;
  };
}
