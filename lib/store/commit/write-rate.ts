/**
 * How many commits a token has made lately, as a row of `operation` that is a number. It is part of the commit's own
 * transaction, so it counts alike for all who write to the store, whatever process or instance they are. Only commits that
 * are made count: what is refused, unchanged or was said before takes nothing.
 */
import { actorOf, type Proposal } from "../../core/commit/proposal.ts";
import { type Taken, takeOne } from "../../core/rate.ts";
import { findRowSql, putRowSql } from "../catalogue/operation.sql.ts";
import type { Db } from "../sqlite/driver.ts";
import { firstOf } from "../sqlite/statement.ts";

/** Takes a commit out of what its token may make; Ledge's own actors are not counted. Throws StoreFault. */
export function takeWrite(db: Db, proposal: Proposal, perSecond: number): Taken {
  const name = `writes/${actorOf(proposal)}`;
  const row = firstOf(db, findRowSql, [name]);
  const taken = takeOne(row === undefined ? 0 : Number(row.value), proposal.nowMs, perSecond);
  if (taken.ok) db.all(putRowSql, [name, String(taken.fullMs), null]);
  return taken;
}
