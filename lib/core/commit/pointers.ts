/**
 * What must hold of channels and rollouts after a change: a revision that is pointed at is part of this history and kept, a
 * channel stays where it is while a rollout moves it, and a rollout goes from step to step. Judged in the transaction of the
 * commit, so that no compaction lies between the look and the pin.
 */
import { judgeRevision, type Life } from "../ancestry.ts";
import { type Grant, holdsOverScope } from "../grant.ts";
import { SYSTEM } from "../namespace.ts";
import { parseChannel, parseRollout, placeOfPointer, type RolloutDocument } from "../rollout/documents.ts";
import { isActive } from "../rollout/reading.ts";
import type { TokenDocument } from "../token.ts";
import { decodeUtf8 } from "../utf8.ts";
import type { Proposal, ProposedOp } from "./proposal.ts";
import { type CommitRefusal, refusal } from "./verdict.ts";

/** What the store says about the channel that an operation is about. */
export interface PointerFacts {
  /** The namespace is there. */
  readonly homed: boolean;
  readonly lives: readonly Life[];
  readonly head: number;
  /** From which revision on the namespace keeps its past; 0 for all. */
  readonly compacted: number;
  /** Revisions below that which are kept for channels. */
  readonly pins: readonly number[];
  /** The documents that stand there, as JSON texts. */
  readonly channel: string | null;
  readonly rollout: string | null;
}

interface Judged {
  readonly proposal: Proposal;
  readonly token: TokenDocument | null;
}

/** By operation; null for those about something else. Refuses by codes that each rule names. */
export function judgePointers(
  { proposal, token }: Judged,
  facts: readonly (PointerFacts | null)[],
): CommitRefusal | undefined {
  for (const [index, op] of proposal.ops.entries()) {
    const fact = facts[index];
    const place = op.namespace === SYSTEM ? placeOfPointer(op.key) : undefined;
    if (fact == null || place === undefined || op.op === "check") continue;
    const refused =
      judgeGrants(op, { grants: token?.grants, namespace: place.namespace }, fact) ??
      (place.kind === "channel" ? judgeChannel(op, proposal, fact) : judgeRollout(op, proposal, fact));
    if (refused !== undefined) return { ...refusal(refused.code, [index]), detail: refused.detail };
  }
  return undefined;
}

type Refused = Pick<CommitRefusal, "code"> & { readonly detail: string };

/** Making and ending a channel is administration; `rollout` moves one. */
function judgeGrants(
  { op, key }: ProposedOp,
  { grants, namespace }: { readonly grants: readonly Grant[] | undefined; readonly namespace: string },
  { homed, channel }: PointerFacts,
): Refused | undefined {
  if (op === "put" && !homed)
    return { code: "namespace_not_found", detail: `There is no namespace ${namespace}.` };
  const administers = grants === undefined || holdsOverScope(grants, "admin", namespace, "");
  if (administers || !key.startsWith("channel/") || (op === "put" && channel !== null)) return undefined;
  return {
    code: "forbidden",
    detail: `This needs the verb admin over all of ${namespace}; rollout moves what is there.`,
  };
}

function judgeChannel(op: ProposedOp, proposal: Proposal, fact: PointerFacts): Refused | undefined {
  const rollout = rolloutAfter(op.key, proposal, fact);
  const active = rollout !== undefined && isActive(rollout);
  if (op.op === "delete") return active ? busy(rollout) : undefined;
  const revision = parseChannel(textOf(op, proposal))?.revision ?? 0;
  const stood = fact.channel === null ? undefined : parseChannel(fact.channel)?.revision;
  if (revision === stood) return undefined;
  return active ? busy(rollout) : judgeKeptRevision(revision, fact);
}

/** The rollout as it stands once the commit is made. */
function rolloutAfter(key: string, { ops, body }: Proposal, fact: PointerFacts): RolloutDocument | undefined {
  const own = `rollout${key.slice("channel".length)}`;
  const changed = ops.find((op) => op.namespace === SYSTEM && op.key === own && op.op !== "check");
  if (changed?.op === "delete") return undefined;
  const json = changed === undefined ? fact.rollout : textOf(changed, { body });
  return json === null ? undefined : parseRollout(json);
}

function judgeRollout(op: ProposedOp, proposal: Proposal, fact: PointerFacts): Refused | undefined {
  const before = fact.rollout === null ? undefined : parseRollout(fact.rollout);
  const active = before !== undefined && isActive(before);
  if (op.op === "delete") return active ? busy(before) : undefined;
  const after = parseRollout(textOf(op, proposal));
  if (after === undefined) return undefined;
  if (active) return goesOn(before, after) ? undefined : busy(before);
  if (fact.channel === null)
    return {
      code: "not_found",
      detail: "There is no such channel. Make it first; a rollout moves it from where it is.",
    };
  const stood = parseChannel(fact.channel)?.revision ?? 0;
  if (after.from !== stood)
    return { code: "stale", detail: `The channel is at revision ${stood}, and not at ${after.from}.` };
  if (after.state !== "running" || after.step !== 0 || after.to === after.from)
    return {
      code: "invalid_body",
      detail:
        after.to === after.from
          ? `The channel is at revision ${after.to} already.`
          : "A rollout begins with its first step.",
    };
  return judgeKeptRevision(after.to, fact);
}

/** The same rollout, further on or at its end: where it goes and by which steps does not change. */
function goesOn(before: RolloutDocument, after: RolloutDocument): boolean {
  const fixed = ({ from, to, steps, started }: RolloutDocument) => JSON.stringify([from, to, steps, started]);
  return fixed(before) === fixed(after) && (after.step >= before.step || after.step === -1);
}

function judgeKeptRevision(
  revision: number,
  { lives, head, compacted, pins }: PointerFacts,
): Refused | undefined {
  const known = judgeRevision({ lives, head }, revision);
  if (!known.ok) return { code: known.code, detail: known.detail };
  if (revision >= compacted || pins.includes(revision)) return undefined;
  return { code: "compacted", detail: `The oldest revision that can be read here is ${compacted}.` };
}

function busy({ from, to, state }: RolloutDocument): Refused {
  return {
    code: "rollout_active",
    detail: `A rollout from revision ${from} to ${to} is ${state === "failed" ? "stopped" : state}. Abort it, or let it end.`,
  };
}

function textOf({ at, size }: ProposedOp, { body }: Pick<Proposal, "body">): string {
  return decodeUtf8(body.subarray(at, at + size)) ?? "";
}
