/** The revisions that operations name, against what stands there. A missing condition counts as one that does not hold. */
import { AUTH } from "../namespace.ts";
import { CAUSES_MAX } from "../page-limits.ts";
import { formatEtag } from "../revision.ts";
import type { NamespaceSettings } from "../settings.ts";
import type { Facts, OpFacts } from "./facts.ts";
import { indexesOf } from "./indexes.ts";
import type { Proposal, ProposedOp } from "./proposal.ts";
import { type CommitRefusal, refusal } from "./verdict.ts";

/** Refuses `namespace_not_found` and `message_required`. Documents of reserved namespaces have none of either. */
export function judgeNamespaces({ ops, message, door }: Proposal, facts: Facts): CommitRefusal | undefined {
  if (door === "admin") return undefined;
  const unknown = indexesOf(ops, ({ namespace }) => facts.namespaces.get(namespace)?.settings == null);
  if (unknown.length > 0) return refusal("namespace_not_found", unknown);
  if (message !== null && message !== "") return undefined;
  const silent = indexesOf(
    ops,
    ({ op, namespace }) => op !== "check" && settingsOf(facts, namespace).messageRequired === true,
  );
  return silent.length === 0 ? undefined : refusal("message_required", silent);
}

/** Refuses `not_found`, `precondition_required`, `exists` and `stale`. */
export function judgeConditions({ ops }: Proposal, facts: Facts): CommitRefusal | undefined {
  const absent = indexesOf(ops, ({ op }, index) => {
    if (op === "delete") return at(facts, index).revision === 0;
    return op === "erase" && facts.settings?.ops[index]?.firstRevision == null;
  });
  if (absent.length > 0) return refusal("not_found", absent);
  const blind = indexesOf(
    ops,
    ({ op, ifRevision, namespace }, index) =>
      op !== "check" &&
      ifRevision === null &&
      at(facts, index).revision > 0 &&
      settingsOf(facts, namespace).blindWrites !== true,
  );
  if (blind.length > 0) return told("precondition_required", blind, { ops, facts });
  const there = indexesOf(ops, ({ ifRevision }, index) => ifRevision === 0 && at(facts, index).revision > 0);
  if (there.length > 0) return told("exists", there, { ops, facts });
  const moved = indexesOf(ops, (op, index) => !holds(op, at(facts, index)));
  return moved.length === 0 ? undefined : told("stale", moved, { ops, facts });
}

function holds({ ifRevision, ifLineage }: ProposedOp, there: OpFacts): boolean {
  if (ifRevision === null || ifRevision <= 0) return true;
  return there.revision === ifRevision && (ifLineage === null || ifLineage === there.lineage);
}

/** Names what stands there: whoever comes so far may read or write the key. Of a token nothing is told. */
function told(
  code: CommitRefusal["code"],
  indexes: readonly number[],
  { ops, facts }: { ops: readonly ProposedOp[]; facts: Facts },
): CommitRefusal {
  const causes = indexes.slice(0, CAUSES_MAX).map((index) => {
    const { revision, lineage } = at(facts, index);
    if (ops[index]?.namespace === AUTH) return { index, revision: 0, etag: null };
    return { index, revision, etag: lineage === null ? null : formatEtag(revision, lineage) };
  });
  return { ok: false, code, causes };
}

/** Of a namespace that is not there all is default. */
export function settingsOf(facts: Facts, namespace: string): NamespaceSettings {
  return facts.namespaces.get(namespace)?.settings ?? {};
}

function at(facts: Facts, index: number): OpFacts {
  return facts.ops[index] ?? NOTHING;
}

const NOTHING: OpFacts = { revision: 0, lineage: null, size: 0, same: false };
