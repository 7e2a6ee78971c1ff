/**
 * What each operation of a crash test begins with: the bytes of a store's file and the objects of its bucket, made
 * once and copied for every run. Small, so that an operation is a few hundred system calls.
 */

import { DEFAULT_POLICY } from "../../lib/backup/policy.ts";
import { parseRetention } from "../../lib/core/retention.ts";
import type { NodeDb } from "../../lib/store/sqlite/driver-node.ts";
import { begin, openQuickStore, put, remove, SMALL, TARGET, type TickOptions, tick } from "../backup.ts";
import { type MemoryBucket, memoryBucket } from "../bucket.ts";
import { openImage } from "../clone.ts";
import { T0 } from "../proposals.ts";
import { type CrashOperation, type Ordered, SECRET, SECRET_KEY } from "./operations.ts";

const MINUTE = 60_000;
export const HOUR = 60 * MINUTE;
/** A few segments, and bases of one part a kind. */
export const LIMITS = { ...SMALL, segmentBytes: 2500, partBytes: 20_000, objectsMax: 40, baseBytesMin: 1000 };
const STAGES = parseRetention("all 1h, hourly 6h") ?? DEFAULT_POLICY.retention;
const KEEPING = { ...DEFAULT_POLICY, graceMs: 999 * HOUR };

export interface Scene {
  readonly ordered: Ordered;
  readonly image: Buffer;
  readonly objects: ReadonlyMap<string, Uint8Array>;
  /** The revision up to which everything had been acknowledged. */
  readonly revision: number;
}

interface Made {
  readonly nowMs: number;
  readonly policy?: Partial<Ordered["policy"]>;
  /** The store that the operation is about, where it is another than the one that was filled. */
  readonly db?: NodeDb;
}

const MAKERS: Record<CrashOperation, (db: NodeDb, bucket: MemoryBucket) => Promise<Made>> = {
  async first() {
    return { nowMs: T0 };
  },
  async export(db, bucket) {
    await ticked(db, bucket, { nowMs: T0 });
    // More than the base holds, so that the tick makes another one.
    for (let n = 0; n < 5; n += 1) put(db, `new/${n}`, `${n}`.repeat(900));
    return { nowMs: T0 + MINUTE };
  },
  async prove(db, bucket) {
    await ticked(db, bucket, { nowMs: T0 });
    put(db, "later", "than the base");
    await ticked(db, bucket, { nowMs: T0 + MINUTE });
    return { nowMs: T0 + 2 * MINUTE };
  },
  async prune(db, bucket) {
    const nowMs = await outlived(db, bucket);
    return { nowMs: nowMs + MINUTE, policy: { retention: STAGES, graceMs: 0 } };
  },
  // Exports, proves and prunes in one tick, as most ticks of a day do.
  async upkeep(db, bucket) {
    const nowMs = await outlived(db, bucket);
    for (let n = 0; n < 3; n += 1) put(db, `new/${n}`, `${n}`.repeat(900));
    return { nowMs: nowMs + 2 * HOUR, policy: { retention: STAGES, graceMs: HOUR } };
  },
  // What is to be purged is on its way to the bucket.
  async leak(db, bucket) {
    await ticked(db, bucket, { nowMs: T0 });
    put(db, SECRET_KEY, `{"password":"${SECRET}"}`);
    return { nowMs: T0 + MINUTE, policy: { retention: { kind: "forever" } } };
  },
  async purge(db, bucket) {
    await ticked(db, bucket, { nowMs: T0 });
    put(db, SECRET_KEY, `{"password":"${SECRET}"}`);
    await ticked(db, bucket, { nowMs: T0 + MINUTE });
    return { nowMs: T0 + 2 * MINUTE, policy: { retention: { kind: "forever" } } };
  },
  async adopt(db, bucket) {
    await ticked(db, bucket, { nowMs: T0 });
    const twin = openImage(db.raw.serialize());
    put(db, "k0", "what the other branch has");
    await ticked(db, bucket, { nowMs: T0 + MINUTE });
    put(twin, "k0", "what this branch has");
    await tick(twin, bucket, { nowMs: T0 + 2 * MINUTE, limits: LIMITS });
    return { nowMs: T0 + 3 * MINUTE, db: twin };
  },
};

/** Restore points that the retention gave up, behind a newer replay. Gives when that was. */
async function outlived(db: NodeDb, bucket: MemoryBucket): Promise<number> {
  for (let n = 0; n < 4; n += 1) {
    put(db, `k${n % 2}`, `${n}`.repeat(700));
    await ticked(db, bucket, { nowMs: T0 + n * MINUTE });
  }
  put(db, "newest", "value");
  const nowMs = T0 + 9 * HOUR;
  await ticked(db, bucket, { nowMs, policy: { retention: STAGES }, asked: { replay: true } });
  return nowMs;
}

/** Makes the beginning of an operation. */
export async function makeScene(operation: CrashOperation): Promise<Scene> {
  const { db: filled } = openQuickStore();
  const bucket = memoryBucket();
  begin(filled);
  put(filled, "k0", "text");
  put(filled, "binary", Uint8Array.of(0, 255, 10));
  put(filled, "gone", "soon");
  remove(filled, "gone");
  const { nowMs, policy, db = filled } = await MAKERS[operation](filled, bucket);
  return {
    ordered: {
      operation,
      target: TARGET,
      nowMs,
      limits: LIMITS,
      policy: { ...DEFAULT_POLICY, ...policy },
    },
    image: db.raw.serialize(),
    objects: new Map(bucket.objects),
    revision: Number(db.all("select revision from store")[0]?.[0]),
  };
}

async function ticked(db: NodeDb, bucket: MemoryBucket, options: TickOptions): Promise<void> {
  const policy = { ...KEEPING, ...options.policy };
  const outcome = await tick(db, bucket, { limits: LIMITS, ...options, policy });
  if (outcome.state !== "exported") throw new Error(`the scene's tick: ${JSON.stringify(outcome)}`);
}
