import { describe, expect, test } from "vitest";
import { digestState } from "../../lib/backup/state-digest.ts";
import { readManifest } from "../../lib/snapshot/read.ts";
import type { Db } from "../../lib/store/sqlite/driver.ts";
import { expectSame, fill, openQuickStore, put, restore, SMALL, tick } from "../../testkit/backup.ts";
import { type MemoryBucket, memoryBucket, openServedBucket } from "../../testkit/bucket.ts";
import { rowOf } from "../../testkit/operation.ts";

const newestManifest = (bucket: MemoryBucket) =>
  [...bucket.objects.keys()].filter((name) => name.includes("/manifests/")).sort()[0] ?? "";

describe("runTick and restoreInto", () => {
  test("bring back the same store through a real S3 server", async () => {
    const { db } = openQuickStore();
    const { bucket } = await openServedBucket();
    fill(db);
    expect(await tick(db, bucket)).toMatchObject({ state: "exported", from: null });
    put(db, "later", "and later");
    expect(await tick(db, bucket)).toMatchObject({ state: "exported" });
    const copy = openQuickStore();
    const report = await restore(copy.db, bucket);
    expect(report).toMatchObject({ check: "proven" });
    expectSame(copy.db, db);
  });

  test.each([
    { first: "a base alone", aloneBytes: SMALL.aloneBytes },
    { first: "segments and then a base", aloneBytes: 0 },
  ])("bring back every single revision where the export began with $first", async ({ aloneBytes }) => {
    const { db } = openQuickStore();
    const bucket = memoryBucket();
    fill(db);
    await tick(db, bucket, { limits: { ...SMALL, aloneBytes } });
    const head = Number(db.all("select revision from store")[0]?.[0]);
    for (let revision = 1; revision <= head; revision += 1) {
      const copy = openQuickStore();
      await restore(copy.db, bucket, revision);
      const sql = `select c.key, c.revision, c.value from change c where c.op='put' and c.revision<=?1 and not exists (select 1
        from change n where n.namespace=c.namespace and n.key=c.key and n.revision>c.revision and n.revision<=?1)
        order by c.namespace, c.key`;
      expect(copy.db.all("select key, revision, value from entry order by namespace, key")).toEqual(
        db.all(sql, [revision]),
      );
      copy.close();
    }
  });

  test("go on with little segments, merged ones and bases for many ticks", async () => {
    const { db } = openQuickStore();
    const bucket = memoryBucket();
    fill(db);
    for (let n = 0; n < 60; n += 1) {
      put(db, `k${n % 7}`, `value ${n} ${"y".repeat((n * 37) % 200)}`);
      await tick(db, bucket);
      if (n % 12 !== 5) continue;
      const copy = openQuickStore();
      await restore(copy.db, bucket);
      expectSame(copy.db, db);
      copy.close();
    }
    expect([...bucket.objects.keys()].some((name) => name.includes("/bases/"))).toBe(true);
  });

  test("make a base part by part, and its digest page by page, when a tick has no time", async () => {
    const { db } = openQuickStore();
    const bucket = memoryBucket();
    fill(db);
    for (let n = 0; n < 5; n += 1) put(db, `large/${n}`, `${n}`.repeat(900_000));
    const limits = { ...SMALL, baseBytesMin: 100_000_000 };
    const phases: string[] = [];
    for (let more = true; more && phases.length < 100; ) {
      const outcome = await tick(db, bucket, { limits, budget: { bytes: 1, ms: 0 } });
      more = "more" in outcome && outcome.more;
      phases.push(String(rowOf(db, "base").phase));
    }
    expect(phases.length).toBeLessThan(100);
    expect(phases.filter((phase) => phase === "documents").length).toBeGreaterThan(3);
    expect(phases.filter((phase) => phase === "digest").length).toBeGreaterThan(2);
    const { base } = await readManifest(bucket, newestManifest(bucket));
    const atBase = openQuickStore();
    expect(await restore(atBase.db, bucket, base?.revision)).toMatchObject({ check: "proven" });
    const copy = openQuickStore();
    await restore(copy.db, bucket);
    const state = (of: Db) => digestState(of, { kind: "entries" });
    expect(await state(copy.db)).toEqual(await state(db));
  });

  test("bring back what was written, and a file made anew, while no exporter lived", async () => {
    const { db } = openQuickStore();
    const bucket = memoryBucket();
    fill(db);
    await tick(db, bucket);
    put(db, "while", "nobody looked");
    db.all("vacuum");
    put(db, "while", "still nobody");
    await tick(db, bucket);
    const copy = openQuickStore();
    expect(await restore(copy.db, bucket)).toMatchObject({ check: "proven" });
    expectSame(copy.db, db);
  });
});
