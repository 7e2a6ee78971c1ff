/** How far the scrub of history is, and what it has found. */
import type { Db } from "../sqlite/driver.ts";
import type { Catalogue } from "./lease.ts";
import { findRow, putRow, type RowValue } from "./operation.ts";
import { HISTORY } from "./rows.ts";

export type HistoryScrub = RowValue<typeof HISTORY>;

const NOTHING = { left: [], at: 0, newest: "", faults: 0, first: null };

/** As it was put down; undefined before the first backup. */
export function findHistoryScrub(db: Db): HistoryScrub | undefined {
  return findRow(db, HISTORY);
}

/** What is backed up for the first time was read back just now: the first scrub has its time before it. */
export function startHistoryScrub(catalogue: Catalogue, nowMs: number): void {
  saveHistoryScrub(catalogue, { ...NOTHING, restsMs: nowMs, doneMs: 0, doneFaults: 0, doneFirst: null });
}

export function saveHistoryScrub(catalogue: Catalogue, scrub: HistoryScrub): void {
  catalogue.write((db) => putRow(db, HISTORY, scrub));
}
