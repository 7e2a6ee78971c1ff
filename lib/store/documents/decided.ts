/** What became of proposals, from the history of `_system`, which is kept anyway. */
import type { Db } from "../sqlite/driver.ts";
import { firstOf, rowsOf } from "../sqlite/statement.ts";
import { decidedSql, lastProposedSql } from "./decided.sql.ts";

/** A proposal's document as it was last put. Throws StoreFault. */
export function findLastProposed(
  db: Db,
  key: string,
): { readonly json: string; readonly revision: number } | undefined {
  return firstOf(db, lastProposedSql, [key]);
}

export type DecidedProposal = NonNullable<(typeof decidedSql)["row"]>;

/** Newest first, from before a revision. Throws StoreFault. */
export function listDecided(
  db: Db,
  { before, limit }: { readonly before: number; readonly limit: number },
): readonly DecidedProposal[] {
  return rowsOf(db, decidedSql, [before, limit]);
}
