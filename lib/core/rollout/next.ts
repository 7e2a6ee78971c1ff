/**
 * What becomes of a rollout now, as a pure function of the documents, of what edges last said, and of the time. Whoever runs
 * it commits what it says; a rollout that nobody looks at stays where it is.
 */
import { isOver } from "../span.ts";
import { type KeptBeacon, SILENT_MS } from "./beacon.ts";
import type { ChannelPlace, EdgeDocument, RolloutDocument } from "./documents.ts";
import { isWatched, stepsFor } from "./reading.ts";

/** An edge that follows the channel. */
export interface Follower {
  readonly beacon: Heard;
  /** What people say of it; null where nobody does. */
  readonly edge: EdgeDocument | null;
}

/** What of a beacon counts. */
export interface Heard extends Pick<KeptBeacon, "edge" | "atMs" | "lineage" | "revision"> {
  readonly errorRate: number | null;
  /** The revision that it refuses. */
  readonly refused: number | null;
}

/** How the edges are that the steps so far give the new revision. */
export interface StepProgress {
  readonly edges: number;
  readonly reported: number;
  readonly refusing: number;
  readonly silent: number;
  /** At the new revision, with a higher error rate than may be. */
  readonly failing: number;
  /** The mean of those at the new revision; null where none says one. */
  readonly errorRate: number | null;
}

/** `reason` in words, of all but a wait as it then stands in the document. */
export type Next =
  | { readonly kind: "wait"; readonly reason: string }
  | { readonly kind: "hold"; readonly reason: string }
  | { readonly kind: "advance"; readonly step: number; readonly reason: string }
  | { readonly kind: "done"; readonly reason: string }
  | { readonly kind: "fail"; readonly reason: string };

export interface Looked extends ChannelPlace {
  readonly rollout: RolloutDocument;
  readonly followers: readonly Follower[];
  readonly nowMs: number;
}

export function nextMove(looked: Looked): Next {
  const { rollout, nowMs } = looked;
  const { state, steps, step, since, to } = rollout;
  if (!isWatched(rollout)) return { kind: "wait", reason: `It is ${state}.` };
  const given = givenIn(looked);
  const progress = progressIn(given, looked);
  const harm = harmIn(progress, rollout, "") ?? harmInAStep(given, looked);
  if (harm !== undefined) return { kind: "fail", reason: `${stepName(step)}: ${harm}` };
  if (state === "waiting") return { kind: "wait", reason: waitsFor(step + 1) };
  const bakeMs = (steps[step]?.bakeSeconds ?? 0) * 1000;
  const sinceMs = Date.parse(since);
  if (!isOver({ sinceMs, lengthMs: bakeMs }, nowMs)) {
    const left = Math.ceil((sinceMs + bakeMs - nowMs) / 1000);
    return { kind: "wait", reason: `${stepName(step)} bakes for ${left} s more.` };
  }
  const lack = lackIn(progress, rollout);
  if (lack !== undefined) return { kind: "fail", reason: `${stepName(step)}: ${lack}` };
  const held = `${stepName(step)} held: ${progress.reported} of ${progress.edges} edges at revision ${to}.`;
  if (steps[step + 1]?.review) return { kind: "hold", reason: `${held} ${waitsFor(step + 1)}` };
  return step + 1 < steps.length
    ? { kind: "advance", step: step + 1, reason: held }
    : { kind: "done", reason: held };
}

export function waitsFor(step: number): string {
  return `${stepName(step)} waits for a second person to approve it.`;
}

export function progressOf(looked: Looked): StepProgress {
  return progressIn(givenIn(looked), looked);
}

/** An edge that has been given the new revision, and by which of the steps. */
interface Given {
  readonly beacon: Heard;
  readonly steps: readonly number[];
}

function givenIn({ rollout, followers, ...place }: Looked): Given[] {
  return followers.flatMap(({ beacon, edge }) => {
    const steps = stepsFor(rollout, edge, { ...place, edge: beacon.edge });
    return steps.length === 0 ? [] : [{ beacon, steps }];
  });
}

function progressIn(
  given: readonly Given[],
  { rollout, nowMs }: Pick<Looked, "rollout" | "nowMs">,
): StepProgress {
  const { to, started, resumed = started, health } = rollout;
  const startedMs = Date.parse(started);
  const resumedMs = Date.parse(resumed);
  const silentMs = health.maxSilenceSeconds * 1000;
  const count = (holds: (beacon: Heard) => boolean) => given.filter(({ beacon }) => holds(beacon)).length;
  const isSilent = ({ atMs }: Heard) => atMs >= resumedMs && atMs <= nowMs - silentMs;
  const rates = given.flatMap(({ beacon: { revision, errorRate, atMs } }) =>
    revision === to && errorRate !== null && atMs >= resumedMs ? [errorRate] : [],
  );
  return {
    edges: count(({ atMs }) => isOfNow(atMs, { startedMs: resumedMs, nowMs })),
    // Who fell silent does not vouch for the new revision any more: it may be why.
    reported: count((one) => one.revision === to && one.atMs >= startedMs && !isSilent(one)),
    refusing: count(({ refused, atMs }) => refused === to && atMs >= resumedMs),
    silent: count(isSilent),
    failing: rates.filter((rate) => rate > health.maxErrorRate).length,
    errorRate: rates.length === 0 ? null : rates.reduce((sum, rate) => sum + rate, 0) / rates.length,
  };
}

/** An edge that had been silent for long when the rollout began, or went on, is no part of it. */
function isOfNow(atMs: number, { startedMs, nowMs }: { startedMs: number; nowMs: number }): boolean {
  return atMs >= startedMs || atMs > Math.min(nowMs, startedMs) - SILENT_MS;
}

/** The edges of each step by themselves: what is lost of a small ring does not show among the many of a later step. */
function harmInAStep(given: readonly Given[], looked: Looked): string | undefined {
  for (let at = 0; at <= looked.rollout.step; at += 1) {
    const progress = progressIn(
      given.filter(({ steps }) => steps.includes(at)),
      looked,
    );
    const harm = harmIn(progress, looked.rollout, ` in step ${at + 1}`);
    if (harm !== undefined) return harm;
  }
  return undefined;
}

/** What stops it at once. A rollout that was begun before there were shares has none of them. */
function harmIn(
  { edges: known, refusing, silent, failing, errorRate }: StepProgress,
  { health, to }: RolloutDocument,
  where: string,
): string | undefined {
  const { maxRefusals, maxErrorRate, maxFailing = 1, maxSilenceSeconds, maxSilent = 0 } = health;
  if (refusing > maxRefusals)
    return `${edges(refusing)} ${refusing === 1 ? "refuses" : "refuse"} revision ${to}, where ${maxRefusals} may.`;
  if (isMore(silent, maxSilent, known))
    return `${edges(silent)} fell silent for more than ${maxSilenceSeconds} s, of ${known}${where}; ${percent(maxSilent)} may.`;
  if (errorRate !== null && errorRate > maxErrorRate)
    return `The error rate is ${percent(errorRate)}${where}, where ${percent(maxErrorRate)} may be.`;
  if (isMore(failing, maxFailing, known))
    return `${edges(failing)} ${failing === 1 ? "has" : "have"} an error rate above ${percent(maxErrorRate)}, of ${known}${where}; ${percent(maxFailing)} may.`;
  return undefined;
}

/** More than a share of all: 29 of 100 are not more than 0.29, whatever 0.29 is in binary. */
function isMore(count: number, share: number, all: number): boolean {
  return count > share * all + 1e-9;
}

/** What is missing once the bake is over. */
function lackIn(
  { edges: known, reported }: StepProgress,
  { health: { minEdges, minShare }, to }: RolloutDocument,
): string | undefined {
  if (known < minEdges)
    return `Too little to go by: ${edges(known)} of the step are heard, and it needs ${minEdges}.`;
  if (known > 0 && reported / known < minShare)
    return `Only ${reported} of ${known} edges report revision ${to}, where ${percent(minShare)} must.`;
  return undefined;
}

function stepName(step: number): string {
  return `Step ${step + 1}`;
}

function edges(count: number): string {
  return `${count} edge${count === 1 ? "" : "s"}`;
}

function percent(share: number): string {
  return `${Math.round(share * 1000) / 10} %`;
}
