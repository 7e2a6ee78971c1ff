/** A store that was restored serves what its channels point at, however far that lies below the base. */
import { expect, test } from "vitest";
import { compact } from "../../../lib/store/compaction/compaction.ts";
import { readPointed } from "../../../lib/store/documents/pins.ts";
import { readPast } from "../../../lib/store/documents/view.ts";
import type { Db } from "../../../lib/store/sqlite/driver.ts";
import { begin, openQuickStore, put, restore, SMALL, tick } from "../../../testkit/backup.ts";
import { memoryBucket } from "../../../testkit/bucket.ts";
import { T0 } from "../../../testkit/proposals.ts";
import { headOf, pointChannel } from "../../../testkit/rollouts.ts";

const DAY_MS = 86_400_000;

function readBy(db: Db, channel: string): string | undefined {
  const revision = readPointed(db, { namespace: "shop", channel, edge: null })?.revision ?? 0;
  const asked = { namespace: "shop", key: "k", accessor: null, known: null, revision };
  const { document } = readPast(db, asked);
  return document?.bytes == null ? undefined : new TextDecoder().decode(document.bytes);
}

test("a channel below the base reads in a restored store what it read before", async () => {
  const { db } = openQuickStore();
  const bucket = memoryBucket();
  begin(db);
  const old = put(db, "k", "old");
  pointChannel(db, "shop/stable", old);
  for (let n = 0; n < 20; n += 1) put(db, "k", `newer ${n}`);
  const limits = { ...SMALL, aloneBytes: 0 };
  await tick(db, bucket, { limits });
  compact(db, { nowMs: T0 + 99 * DAY_MS, keepMs: DAY_MS, hasBucket: false, goesOn: () => true });
  expect(db.all("select count(*) from change where namespace='shop'")).toEqual([[2]]);
  // Only the base that is made now is there to restore from.
  for (let n = 0; n < 40; n += 1) {
    put(db, "k", `after ${n} ${"y".repeat(150)}`);
    await tick(db, bucket, { limits });
  }
  const copy = openQuickStore();
  await restore(copy.db, bucket);
  expect(headOf(copy.db)).toBe(headOf(db));
  expect(readBy(copy.db, "stable")).toBe("old");
  expect(copy.db.all("select compacted from usage where namespace='shop'")).toEqual(
    db.all("select compacted from usage where namespace='shop'"),
  );
});

test("a store that is restored to where a channel pointed elsewhere serves that, too", async () => {
  const { db } = openQuickStore();
  const bucket = memoryBucket();
  begin(db);
  const old = put(db, "k", "old");
  pointChannel(db, "shop/stable", old);
  for (let n = 0; n < 5; n += 1) put(db, "k", `newer ${n}`);
  // Up to here the past goes; from here on it is kept.
  const edge = headOf(db);
  const then = pointChannel(db, "shop/other", edge, T0 + 98.5 * DAY_MS);
  pointChannel(db, "shop/stable", edge, T0 + 98.6 * DAY_MS);
  const window = { nowMs: T0 + 99 * DAY_MS, keepMs: DAY_MS, hasBucket: false, goesOn: () => true };
  compact(db, window);
  await tick(db, bucket);
  const copy = openQuickStore();
  await restore(copy.db, bucket, then);
  expect(readBy(copy.db, "stable")).toBe("old");
  expect(readBy(db, "stable")).toBe("newer 4");
});
