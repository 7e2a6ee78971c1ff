/** A purge as the admin route makes it, for tests that have a store and no route. */
import type { CommitOutcome } from "../lib/core/commit/verdict.ts";
import { commitAll } from "../lib/store/commit/commit.ts";
import { type PurgeRequest, planPurge } from "../lib/store/commit/purge.ts";
import type { Db } from "../lib/store/sqlite/driver.ts";
import { rootToken } from "./proposals.ts";

/** Purges `key` of `shop`; gives the outcome of the commit that erases, or of the one that was refused. */
export function purgeValue(
  db: Db,
  asked: Pick<PurgeRequest, "nowMs" | "key"> & Partial<PurgeRequest>,
): CommitOutcome {
  const why = "a password was pasted";
  const words = { why, message: why, requestId: null, trace: null };
  const { proposals } = planPurge(db, {
    proposer: rootToken,
    namespace: "shop",
    keepCurrent: false,
    ...words,
    ...asked,
  });
  const outcomes = commitAll(db, proposals, { accept: "anything" });
  const [erased, last = erased] = outcomes;
  if (erased === undefined || last === undefined) throw new Error("a purge has an outcome");
  return last.ok ? erased : last;
}
