/** What a list's cursors are sealed with: this store's key, and for whom. */
import type { CursorSeal } from "../core/sealed-cursor.ts";
import { readCursorKey } from "../store/documents/cursor-key.ts";
import type { Context } from "./context.ts";

/** Asks the store for its key, so only for a page that has a cursor, or gives one. Throws StoreFault. */
export function sealFor({ world, caller }: Context<unknown>): CursorSeal {
  return { key: readCursorKey(world.db), accessor: caller.accessor, nowMs: world.nowMs() };
}
