/**
 * Backups in tests: a store with some history, ticks with a clock of their own, and whole stores compared.
 */
import { randomBytes } from "node:crypto";
import { expect, onTestFinished } from "vitest";
import { LIMITS, type Limits } from "../lib/backup/export/limits.ts";
import { runTick, type Tick, type TickOutcome } from "../lib/backup/export/tick.ts";
import { type BackupPolicy, DEFAULT_POLICY } from "../lib/backup/policy.ts";
import { type Wanted, withSound } from "../lib/backup/restore/find-snapshot.ts";
import { type RestoreReport, restoreInto } from "../lib/backup/restore/restore.ts";
import type { Bucket } from "../lib/bucket/bucket.ts";
import type { Db } from "../lib/store/sqlite/driver.ts";
import type { NodeDb } from "../lib/store/sqlite/driver-node.ts";
import { addNamespace, bootstrap, propose, T0, type TestChange } from "./proposals.ts";
import { checkStore, openMemoryStore } from "./store.ts";

export const TARGET = "t".repeat(64);
/** Small enough that a few commits make several objects. */
export const SMALL: Limits = {
  ...LIMITS,
  segmentBytes: 600,
  partBytes: 600,
  objectsMax: 12,
  baseBytesMin: 3000,
};

export interface TickOptions {
  readonly target?: string;
  readonly limits?: Limits;
  readonly nowMs?: number;
  readonly budget?: { readonly bytes: number; readonly ms: number };
  readonly policy?: Partial<BackupPolicy>;
  readonly asked?: Tick["asked"];
  readonly keys?: Tick["keys"];
}

export interface QuickStore {
  readonly db: NodeDb;
  close(): void;
}

/** A migrated store in memory, checked and closed after the test: durability is tested elsewhere. */
export function openQuickStore(): QuickStore {
  const db = openMemoryStore();
  onTestFinished(() => {
    if (!db.raw.open) return;
    checkStore(db);
    db.close();
  });
  return { db, close: () => db.close() };
}

export function tick(db: Db, bucket: Bucket, options: TickOptions = {}): Promise<TickOutcome> {
  const { target = TARGET, limits = SMALL, nowMs = T0, budget, policy, asked, keys } = options;
  return runTick({
    db,
    bucket,
    target,
    limits,
    nowMs: () => nowMs,
    randomBytes: bytes,
    policy: { ...DEFAULT_POLICY, ...policy },
    ...(asked === undefined ? {} : { asked }),
    ...(keys === undefined ? {} : { keys }),
    ...(budget === undefined ? {} : { budget }),
  });
}

export function bytes(length: number): Uint8Array {
  return new Uint8Array(randomBytes(length));
}

/** A store with a root token and the namespace `shop`. */
export function begin(db: Db): void {
  bootstrap(db);
  addNamespace(db, "shop");
}

/** Commits and gives the revision. */
export function change(db: Db, ...changes: TestChange[]): number {
  const made = propose(
    db,
    changes.map((one) => ({ if: -1, ...one })),
  );
  if (!made.ok) throw new Error(`the commit was refused: ${made.code}`);
  return made.revision;
}

export function put(db: Db, key: string, value: string | Uint8Array): number {
  return change(db, { op: "put", ns: "shop", key, value });
}

export function remove(db: Db, key: string): number {
  return change(db, { op: "delete", ns: "shop", key });
}

/** History with updates, deletes, a life after death, binary and empty values, odd keys and tokens. */
export function fill(db: Db): void {
  begin(db);
  for (let n = 0; n < 8; n += 1) put(db, `limits/${n % 5}`, JSON.stringify({ n, pad: "x".repeat(n * 20) }));
  put(db, "binary", Uint8Array.of(0, 255, 128, 10, 13));
  put(db, "empty", "");
  put(db, "naïve/ключ/𐀀", 'line one\nline two "quoted" \\ é 𐀀');
  remove(db, "limits/1");
  remove(db, "binary");
  put(db, "limits/1", "second life");
  put(db, "binary", Uint8Array.of(7));
  change(
    db,
    { op: "put", ns: "shop", key: "a", value: "1" },
    { op: "put", ns: "shop", key: "b", value: Uint8Array.of(200) },
    { op: "delete", ns: "shop", key: "empty" },
  );
}

export async function restore(db: Db, bucket: Bucket, revision?: number): Promise<RestoreReport> {
  return restoreWanted(db, bucket, { revision });
}

export async function restoreWanted(db: Db, bucket: Bucket, wanted: Wanted): Promise<RestoreReport> {
  const restored = await withSound({ bucket }, wanted, (found) =>
    restoreInto({ db, bucket, randomBytes: bytes, nowMs: () => T0 }, found),
  );
  if (!restored.ok) throw new Error(`${restored.code}: ${restored.detail}`);
  return restored.value;
}

const TABLES = {
  commits: "select * from commits order by revision",
  change: "select * from change order by namespace, key, revision",
  entry: "select * from entry order by namespace, key",
  usage: "select * from usage order by namespace",
  lineage: "select * from lineage order by epoch",
  store: "select lineage, epoch, first_revision, revision, state from store",
};

/** Everything of a store that a backup has to bring back. */
export function contents(db: Db): Record<string, unknown> {
  return Object.fromEntries(Object.entries(TABLES).map(([name, sql]) => [name, db.all(sql)]));
}

export function expectSame(restored: Db, source: Db): void {
  expect(contents(restored)).toEqual(contents(source));
}
