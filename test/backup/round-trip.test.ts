import { describe, expect, test } from "vitest";
import { expectSame, fill, openQuickStore, put, restore, SMALL, tick } from "../support/backup.ts";
import { memoryBucket, openServedBucket } from "../support/bucket.ts";

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

  test("bring back every single revision", async () => {
    const { db } = openQuickStore();
    const bucket = memoryBucket();
    fill(db);
    await tick(db, bucket);
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

  test("make a base part by part when a tick has no time", async () => {
    const { db } = openQuickStore();
    const bucket = memoryBucket();
    fill(db);
    let ticks = 0;
    for (; ticks < 60; ticks += 1) {
      const outcome = await tick(db, bucket, { limits: SMALL, budget: { bytes: 1, ms: 0 } });
      if (outcome.state === "nothing_new") break;
    }
    expect(ticks).toBeGreaterThan(3);
    const copy = openQuickStore();
    expect(await restore(copy.db, bucket)).toMatchObject({ check: "proven" });
    expectSame(copy.db, db);
  });

  test("R-752: bring back what was written, and a file made anew, while no exporter lived", async () => {
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
