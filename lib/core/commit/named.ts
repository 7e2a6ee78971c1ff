/** The revisions that operations name, against what stands there. A missing condition counts as one that does not hold. */
import { AUTH } from "../namespace.ts";
import { CAUSES_MAX } from "../page-limits.ts";
import { formatEtag } from "../revision.ts";
import type { NamespaceSettings } from "../settings.ts";
import type { Facts, OpFacts } from "./facts.ts";
import { indexesOf } from "./indexes.ts";
import type { Proposal, ProposedOp } from "./proposal.ts";
import { type CommitRefusal, refusal } from "./verdict.ts";

/** Refuses `namespace_not_found`. Documents of reserved namespaces have no namespace of their own. */
export function judgeNamespaces({ ops, door }: Proposal, facts: Facts): CommitRefusal | undefined {
  if (door === "admin") return undefined;
  const unknown = indexesOf(ops, ({ namespace }) => facts.namespaces.get(namespace)?.settings == null);
  return unknown.length === 0 ? undefined : refusal("namespace_not_found", unknown);
}

/** Refuses `message_required`: spaces alone say nothing. */
export function judgeMessage({ ops, message, door }: Proposal, facts: Facts): CommitRefusal | undefined {
  if (door === "admin" || (message !== null && /\S/.test(message))) return undefined;
  const silent = indexesOf(
    ops,
    ({ op, namespace }) => op !== "check" && settingsOf(facts, namespace).messageRequired === true,
  );
  return silent.length === 0 ? undefined : refusal("message_required", silent);
}

/** Refuses `plan_changed`: what the plan was made for is no longer what stands there. */
export function judgePlanned({ ops, planned }: Proposal, facts: Facts): CommitRefusal | undefined {
  if (planned === undefined) return undefined;
  const moved = indexesOf(ops, (_, index) => at(facts, index).revision !== planned.bases[index]);
  const stands = planned.rules === facts.rules && planned.made === facts.made;
  const holds = planned.holds && stands && moved.length === 0;
  return holds ? undefined : refusal("plan_changed", moved);
}

/** Refuses `not_found`. */
export function judgeAbsent({ ops }: Proposal, facts: Facts): CommitRefusal | undefined {
  const absent = indexesOf(ops, ({ op }, index) => {
    if (op === "delete") return at(facts, index).revision === 0;
    return op === "erase" && facts.settings?.ops[index]?.firstRevision == null;
  });
  return absent.length === 0 ? undefined : refusal("not_found", absent);
}

/** Refuses `precondition_required`. */
export function judgeBlind({ ops }: Proposal, facts: Facts): CommitRefusal | undefined {
  const blind = indexesOf(
    ops,
    ({ op, ifRevision, namespace }, index) =>
      op !== "check" &&
      ifRevision === null &&
      at(facts, index).revision > 0 &&
      settingsOf(facts, namespace).blindWrites !== true,
  );
  return blind.length === 0 ? undefined : told("precondition_required", blind, { ops, facts });
}

/** Refuses `exists`. */
export function judgeThere({ ops }: Proposal, facts: Facts): CommitRefusal | undefined {
  const there = indexesOf(ops, ({ ifRevision }, index) => ifRevision === 0 && at(facts, index).revision > 0);
  return there.length === 0 ? undefined : told("exists", there, { ops, facts });
}

/** Refuses `stale`. */
export function judgeMoved({ ops }: Proposal, facts: Facts): CommitRefusal | undefined {
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

const NOTHING: OpFacts = { revision: 0, lineage: null, size: 0, same: false, short: null, schemas: null };
