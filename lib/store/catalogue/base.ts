/** A base in the making: it is pinned to a revision and goes on from tick to tick. */
import type { Db } from "../sqlite/driver.ts";
import type { Catalogue } from "./lease.ts";
import { findWithBlock, putRow, type RowValue } from "./operation.ts";
import { readPurgeMark } from "./purge.ts";
import { BASE } from "./snapshot-rows.ts";

export interface BaseProgress extends RowValue<typeof BASE> {
  /** The block of a digest in the making that is not full yet. */
  readonly block: Uint8Array;
}

export function findBaseProgress(db: Db): BaseProgress | undefined {
  const found = findWithBlock(db, BASE);
  return found === undefined ? undefined : { ...found.value, block: found.block };
}

/** Keeps the base in the making, unless something was purged since `purgeMark`. False: begin it anew. */
export function saveBaseProgress(
  catalogue: Catalogue,
  { base: { block, ...base }, purgeMark }: { base: BaseProgress; purgeMark: number },
): boolean {
  return catalogue.write((db) => {
    if (readPurgeMark(db) !== purgeMark) return false;
    putRow(db, BASE, base, block);
    return true;
  });
}
