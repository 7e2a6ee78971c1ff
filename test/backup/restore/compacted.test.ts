/** Backups of a store that no longer keeps all of its past. */
import { expect, test } from "vitest";
import { compact } from "../../../lib/store/compaction/compaction.ts";
import { contents, fill, openQuickStore, put, restore, SMALL, tick } from "../../../testkit/backup.ts";
import { memoryBucket } from "../../../testkit/bucket.ts";
import { T0 } from "../../../testkit/proposals.ts";

const DAY = 86_400_000;

test("a store that has forgotten is exported on, proven, and restored as it is", async () => {
  const { db } = openQuickStore();
  const bucket = memoryBucket();
  fill(db);
  await tick(db, bucket);
  const nowMs = T0 + 10 * DAY;
  compact(db, { nowMs, keepMs: DAY, hasBucket: true, goesOn: () => true });
  const mark = Number(db.all("select max(compacted) from usage")[0]?.[0]);
  expect(mark).toBeGreaterThan(3);
  // Enough for a base, which has only what is kept.
  let last = 0;
  for (let n = 0; n < 30; n += 1) {
    last = put(db, "k", `${n} ${"x".repeat(400)}`);
    expect(await tick(db, bucket, { nowMs: nowMs + n, limits: SMALL })).toMatchObject({ state: "exported" });
  }
  const { db: copy } = openQuickStore();
  expect(await restore(copy, bucket)).toMatchObject({ revision: last, check: "proven" });
  const kept = (one: typeof db) =>
    one.all("select namespace,key,revision,op from change where namespace='shop' order by 1,2,3");
  expect(kept(copy)).toEqual(kept(db));
  expect(contents(copy).entry).toEqual(contents(db).entry);
  expect(copy.all("select namespace,compacted from usage order by 1")).toEqual(
    db.all("select namespace,compacted from usage order by 1"),
  );
});
