/**
 * What backups cost in a month, about: what is stored and asked for, by what the restore points show, times prices. Knows no
 * provider: prices are the reader's.
 */
import type { RestorePoint } from "../../../../lib/api/backup-answers.ts";

export interface Measured {
  /** All that stand in the bucket. */
  readonly points: readonly Pick<RestorePoint, "made" | "baseRevision">[];
  /** The size of the database: a base of it, compressed, is smaller. */
  readonly storeBytes: number;
  readonly nowMs: number;
}

export interface MonthsUse {
  readonly bases: number;
  /** More than it is: as if nothing were compressed. */
  readonly storedBytes: number;
  readonly exports: number;
  readonly writes: number;
  readonly reads: number;
  readonly readBytes: number;
}

export const PRICES = ["storage", "writes", "reads", "traffic"] as const;
export type Prices = Readonly<Record<(typeof PRICES)[number], number>>;

const HOUR_MS = 3_600_000;
const MONTH_HOURS = 730;
/** Every point stands for so long, so the newest hours tell how many there are. */
const ALL_KEPT_HOURS = 48;
/** Requests of an export of some changes, proofs included, as docs/benchmarks.md counts them. LIST is priced as PUT. */
const WRITES = 5;
const READS = 8;
/** The newest chain is read as a whole once a day. */
const REPLAYS = 30;

export function monthsUse({ points, storeBytes, nowMs }: Measured): MonthsUse {
  const ages = points.map(({ made }) => (nowMs - Date.parse(made)) / HOUR_MS);
  const hours = Math.min(ALL_KEPT_HOURS, Math.max(1, ...ages));
  const recent = ages.filter((age) => age <= hours).length;
  const exports = Math.round((recent / hours) * MONTH_HOURS);
  const bases = new Set(points.map(({ baseRevision }) => baseRevision));
  return {
    bases: bases.size,
    storedBytes: bases.size * storeBytes,
    exports,
    writes: exports * WRITES,
    reads: exports * READS,
    readBytes: (points.length === 0 ? 0 : REPLAYS) * storeBytes,
  };
}

/** In the currency of the prices: for a month's gigabyte, a thousand writes, a thousand reads, and a gigabyte read. */
export function costOf(use: MonthsUse, prices: Prices): Prices & { readonly all: number } {
  const parts = {
    storage: (use.storedBytes / 1e9) * prices.storage,
    writes: (use.writes / 1000) * prices.writes,
    reads: (use.reads / 1000) * prices.reads,
    traffic: (use.readBytes / 1e9) * prices.traffic,
  };
  return { ...parts, all: parts.storage + parts.writes + parts.reads + parts.traffic };
}
