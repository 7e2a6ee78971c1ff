/** Whether the store takes commits at all. */
import { parseMode } from "../settings.ts";
import type { Facts } from "./facts.ts";
import { indexesOf } from "./indexes.ts";
import type { Proposal } from "./proposal.ts";
import { type CommitRefusal, refusal } from "./verdict.ts";

/**
 * A stopped store gives no more numbers. Read-only mode refuses all but its own end, what a restore settles, and the
 * root token that a person makes who has none to end it with (by a reset or a recovery).
 */
export function judgeMode({ ops, proposer }: Proposal, { store, mode }: Facts): CommitRefusal | undefined {
  if (store.state === "stopped") return refusal("read_only");
  if (mode === null || parseMode(mode) !== "read_only") return undefined;
  if (proposer.kind === "reserved" && proposer.actor !== "_bootstrap") return undefined;
  const closed = indexesOf(ops, ({ namespace, key }) => namespace !== "_system" || key !== "mode");
  return closed.length === 0 ? undefined : refusal("read_only", closed);
}
