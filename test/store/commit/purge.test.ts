import { describe, expect, test } from "vitest";
import { planPurge } from "../../../lib/store/commit/purge.ts";
import type { Db } from "../../../lib/store/sqlite/driver.ts";
import { begin, openQuickStore, put, restore, tick } from "../../../testkit/backup.ts";
import { memoryBucket } from "../../../testkit/bucket.ts";
import { rootToken, T0 } from "../../../testkit/proposals.ts";

function plannedIn(db: Db): readonly string[] {
  const why = "a password was pasted";
  const asked = { proposer: rootToken, nowMs: T0, namespace: "shop", key: "password", keepCurrent: false };
  return planPurge(db, { ...asked, why, message: why, requestId: null, trace: null }).ancestors;
}

const lineageOf = (db: Db) => db.all("select lineage from store")[0]?.[0];

describe("planPurge", () => {
  test("names the life before a restore, also as the first commit after it", async () => {
    const bucket = memoryBucket();
    const { db: source } = openQuickStore();
    begin(source);
    put(source, "password", "hunter2");
    await tick(source, bucket);
    expect(plannedIn(source)).toEqual([]);
    const { db: restored } = openQuickStore();
    await restore(restored, bucket);
    expect(plannedIn(restored)).toEqual([lineageOf(source)]);
    put(restored, "other", "x");
    expect(plannedIn(restored)).toEqual([lineageOf(source)]);
  });

  test("names none that ended before the first value", async () => {
    const bucket = memoryBucket();
    const { db: source } = openQuickStore();
    begin(source);
    await tick(source, bucket);
    const { db: restored } = openQuickStore();
    await restore(restored, bucket);
    put(restored, "password", "hunter2");
    expect(plannedIn(restored)).toEqual([]);
  });
});
