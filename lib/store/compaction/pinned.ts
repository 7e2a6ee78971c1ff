/**
 * What compaction left for the sake of pins, and the way back to it: where a pin ends, its namespace is gone through again
 * from there, which takes what it held.
 */
import * as z from "zod/mini";
import type { Pin } from "../../core/rollout/pins.ts";
import { findRow, putRow, row } from "../catalogue/operation.ts";
import { readPinsOf } from "../documents/pins.ts";
import type { Db } from "../sqlite/driver.ts";

/** Up to which revision each namespace has been gone through. */
export const COMPACTED = row("compaction", z.record(z.string(), z.int()));
/** The pins that stood in the way then, by namespace. */
const PINNED = row("compaction-pins", z.record(z.string(), z.array(z.int())));

/** Inside the transaction of a step. Throws StoreFault. */
export function keepPins(db: Db, pins: readonly Pin[]): void {
  if (pins.length === 0) return;
  const kept = findRow(db, PINNED) ?? {};
  for (const { namespace, revision } of pins)
    kept[namespace] = [...new Set([...(kept[namespace] ?? []), revision])];
  putRow(db, PINNED, kept);
}

/** Whether any has ended. `marks`: from which revision on a namespace keeps its past. Inside a transaction. Throws StoreFault. */
export function releasePins(db: Db, marks: ReadonlyMap<string, number>): boolean {
  const kept = findRow(db, PINNED);
  if (kept === undefined) return false;
  const reached = findRow(db, COMPACTED) ?? {};
  let ended = 0;
  for (const [namespace, pins] of Object.entries(kept)) {
    const holds = new Set(readPinsOf(db, namespace, marks.get(namespace) ?? 0));
    const gone = pins.filter((revision) => !holds.has(revision));
    if (gone.length === 0) continue;
    ended += gone.length;
    reached[namespace] = Math.min(reached[namespace] ?? 0, ...gone);
    kept[namespace] = pins.filter((revision) => holds.has(revision));
  }
  if (ended === 0) return false;
  putRow(db, COMPACTED, reached);
  putRow(db, PINNED, kept);
  return true;
}
