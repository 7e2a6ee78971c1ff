/**
 * Schemas as a commit's rules know them: by texts that change with every change of the schemas that cover a key. Whether a
 * value fits is judged outside the transaction, since that may take a second; inside it is enough that it was judged by
 * the schemas that stand.
 */
import type { Facts } from "./facts.ts";
import { indexesOf } from "./indexes.ts";
import type { Proposal } from "./proposal.ts";
import { type CommitRefusal, refusal } from "./verdict.ts";

/** Changed again before the end of each of the judgements that are made in a row. */
export const SCHEMAS_MOVE =
  "The schemas of the namespace changed whenever the commit had been judged by them. Send it again.";

/**
 * The puts that schemas cover and that were not judged by these as they stand. What alters nothing is not judged, and
 * neither is a document that a purge leaves as it was.
 */
export function unjudgedOf({ ops, door, judgedBy }: Proposal, facts: Facts): number[] {
  if (door === "admin") return [];
  return indexesOf(ops, ({ op }, index) => {
    const there = facts.ops[index];
    if (op !== "put" || there === undefined || there.same || there.schemas === null) return false;
    return judgedBy?.[index] !== there.schemas;
  });
}

/** A schema is for the documents that it was compared with: refuses `busy` where others stand there now. */
export function judgeCompared({ comparedAt }: Proposal, { settings }: Facts): CommitRefusal | undefined {
  return comparedAt !== undefined && settings?.moved === true ? refusal("busy") : undefined;
}
