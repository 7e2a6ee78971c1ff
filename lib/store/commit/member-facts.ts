/** The facts about a member of a group, whose connection was asked before it. A guest commits nothing in groups. */
import type { Facts } from "../../core/commit/facts.ts";
import type { Proposal, ProposedOp } from "../../core/commit/proposal.ts";
import type { Db } from "../sqlite/driver.ts";
import { onlyOf } from "../sqlite/statement.ts";
import {
  bytesOf,
  type Encoded,
  factsFromRow,
  factsParameters,
  type Gathered,
  type Known,
  namespaceFacts,
  onlyOpOf,
  sharedFacts,
  whoParameters,
} from "./facts.ts";

/** As gatherFacts. Nobody has looked at the bucket for it. */
export function gatherMemberFacts(db: Db, proposal: Proposal, ops: string, known: Known): Gathered {
  const one = onlyOpOf(proposal);
  const facts =
    one === undefined
      ? factsFromRow(db, onlyOf(db, known.memberFactsSql, factsParameters(proposal, ops)), { proposal, ops })
      : gatherOneFacts(db, { proposal, ops, one }, known);
  return { facts, durability: known.durability, looksMs: [] };
}

function gatherOneFacts(
  db: Db,
  { proposal, ops, one }: Encoded & { readonly one: ProposedOp },
  { oneFactsSql }: Known,
): Facts {
  const { namespace, key, mediaType, text } = one;
  const row = onlyOf(db, oneFactsSql, [
    ...whoParameters(proposal),
    namespace,
    key,
    mediaType,
    text ? 1 : 0,
    bytesOf(proposal, one),
  ]);
  const { settings, keys, bytes, policies } = row;
  const there = {
    revision: row.documentRevision ?? 0,
    lineage: row.documentLineage,
    size: row.size ?? 0,
    same: row.same === 1,
    short: row.short,
    schemas: row.schemas,
  };
  const namespaces = new Map([[namespace, namespaceFacts(settings, { keys, bytes }, policies)]]);
  const shared = sharedFacts(db, row, { proposal, ops });
  // Member by member: with every commit of a group, and V8 takes ten times as long to spread an object.
  const { store, mode, token, said, settings: reserved, rules, made, approver } = shared;
  return { store, mode, token, namespaces, ops: [there], said, settings: reserved, rules, made, approver };
}
