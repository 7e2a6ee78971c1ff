import type { Facts } from "../../core/commit/facts.ts";
import type { Proposal } from "../../core/commit/proposal.ts";
import { insertPurge } from "../catalogue/purge.ts";
import type { Db } from "../sqlite/driver.ts";

/** Notes what was erased for the exporter, in the commit's own transaction. */
export function notePurge(db: Db, proposal: Proposal, facts: Facts, revision: number): void {
  for (const [index, { op, namespace, key }] of proposal.ops.entries()) {
    const firstRevision = facts.settings?.ops[index]?.firstRevision;
    if (op !== "erase" || firstRevision == null) continue;
    insertPurge(db, {
      revision,
      namespace,
      key,
      firstRevision,
      why: proposal.why ?? "",
      nowMs: proposal.nowMs,
    });
  }
}
