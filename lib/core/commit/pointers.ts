/**
 * What must hold of channels and rollouts after a change: a revision that is pointed at is part of this history and kept, a
 * channel stays where it is while a rollout moves it, and a rollout goes from step to step, past one that waits for a second
 * person only with an approval. Judged in the transaction of the commit, so that no compaction lies between the look and the pin.
 */
import { judgeRevision, type Life } from "../ancestry.ts";
import { type Grant, holdsOverScope } from "../grant.ts";
import { SYSTEM } from "../namespace.ts";
import {
  type ChannelPlace,
  parseChannel,
  parseRollout,
  placeOfPointer,
  type RolloutDocument,
} from "../rollout/documents.ts";
import { isUnderWay } from "../rollout/reading.ts";
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
  /** A policy demands a second person for every rollout of the namespace. */
  readonly reviewed: boolean;
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
      (place.kind === "channel"
        ? judgeChannel(op, proposal, fact)
        : judgeRollout(op, { proposal, overrides: overrides({ proposal, token }, place) }, fact));
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
  const active = rollout !== undefined && isUnderWay(rollout);
  if (op.op === "delete") return active ? busy(rollout) : undefined;
  const revision = parseChannel(textOf(op, proposal))?.revision ?? 0;
  const stood = fact.channel === null ? undefined : parseChannel(fact.channel)?.revision;
  if (revision === stood) return undefined;
  if (active) return busy(rollout);
  // One person alone goes back, so that the way back is never barred; and makes a channel that nobody follows yet.
  const goesOn = stood !== undefined && revision > stood && !endsWith(op.key, revision, proposal);
  if (fact.reviewed && goesOn)
    return {
      code: "approval_required",
      detail: "A policy demands a second person for what goes to this channel: start a rollout.",
    };
  return judgeKeptRevision(revision, fact);
}

/** The rollout as it stands once the commit is made. */
function rolloutAfter(key: string, proposal: Proposal, fact: PointerFacts): RolloutDocument | undefined {
  const changed = rolloutIn(key, proposal);
  if (changed?.op === "delete") return undefined;
  const json = changed === undefined ? fact.rollout : textOf(changed, proposal);
  return json === null ? undefined : parseRollout(json);
}

/** Whether its rollout brings a channel there with this very commit. */
function endsWith(key: string, revision: number, proposal: Proposal): boolean {
  const changed = rolloutIn(key, proposal);
  const after = changed?.op === "put" ? parseRollout(textOf(changed, proposal)) : undefined;
  return after?.state === "done" && after.to === revision;
}

/** What a commit does to the rollout of a channel, which its key names. */
function rolloutIn(key: string, { ops }: Proposal): ProposedOp | undefined {
  const own = `rollout${key.slice("channel".length)}`;
  return ops.find((op) => op.namespace === SYSTEM && op.key === own && op.op !== "check");
}

interface Begun {
  readonly proposal: Proposal;
  readonly overrides: boolean;
}

/** What it goes past was looked for before the transaction: a policy that was put since is overridden by who may, too. */
function overrides({ proposal, token }: Judged, { namespace }: ChannelPlace): boolean {
  const { override, carries = [] } = proposal;
  // What is carried is judged by who overrides it, behind this (policies.ts).
  const isCarried = carries.some(({ scope }) => scope === "");
  return (
    override !== undefined && (isCarried || holdsOverScope(token?.grants ?? [], "override", namespace, ""))
  );
}

function judgeRollout(op: ProposedOp, begun: Begun, fact: PointerFacts): Refused | undefined {
  const { proposal } = begun;
  const before = fact.rollout === null ? undefined : parseRollout(fact.rollout);
  const active = before !== undefined && isUnderWay(before);
  if (op.op === "delete") return active ? busy(before) : undefined;
  const after = parseRollout(textOf(op, proposal));
  if (after === undefined) return undefined;
  if (active) return goesOn(before, after) ? judgeReviewed(begun, before, after) : busy(before);
  if (fact.channel === null)
    return {
      code: "not_found",
      detail: "There is no such channel. Make it first; a rollout moves it from where it is.",
    };
  const stood = parseChannel(fact.channel)?.revision ?? 0;
  if (after.from !== stood)
    return { code: "stale", detail: `The channel is at revision ${stood}, and not at ${after.from}.` };
  const waits = after.steps[0]?.review === true;
  if (
    after.state !== (waits ? "waiting" : "running") ||
    after.step !== (waits ? -1 : 0) ||
    after.to === after.from
  )
    return {
      code: "invalid_body",
      detail:
        after.to === after.from
          ? `The channel is at revision ${after.to} already.`
          : "A rollout begins with its first step.",
    };
  if (fact.reviewed && !waits && !begun.overrides) return unapproved(0);
  return judgeKeptRevision(after.to, fact);
}

/** Into a step that waits goes who has an approval, and past it who overrides. */
function judgeReviewed(
  { proposal: { approvedBy }, overrides }: Begun,
  before: RolloutDocument,
  after: RolloutDocument,
): Refused | undefined {
  const last = after.state === "done" ? after.steps.length - 1 : after.step;
  const waiting = after.steps.findIndex(({ review }, at) => review && at > before.step && at <= last);
  if (waiting < 0 || overrides) return undefined;
  const isNext = before.state === "waiting" && after.state === "running" && last === before.step + 1;
  return isNext && approvedBy !== undefined && approvedBy !== before.startedBy?.by
    ? undefined
    : unapproved(waiting);
}

function unapproved(step: number): Refused {
  return {
    code: "approval_required",
    detail: `A second person has to approve step ${step + 1} of the rollout before it begins.`,
  };
}

/** The same rollout, further on or at its end: where it goes and by which steps does not change. */
function goesOn(before: RolloutDocument, after: RolloutDocument): boolean {
  const fixed = ({ from, to, steps, started, startedBy }: RolloutDocument) =>
    JSON.stringify([from, to, steps, started, startedBy]);
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
