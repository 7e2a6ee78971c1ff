/**
 * What becomes of a rollout now, as a pure function of the documents, of what edges last said, and of the time. Whoever runs
 * it commits what it says; a rollout that nobody looks at stays where it is.
 */
import { isOver } from "../span.ts";
import { type KeptBeacon, SILENT_MS } from "./beacon.ts";
import type { ChannelPlace, EdgeDocument, RolloutDocument } from "./documents.ts";
import { isGivenNew } from "./reading.ts";

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
  /** Null where none says one. */
  readonly errorRate: number | null;
}

/** `reason` in words, of all but a wait as it then stands in the document. */
export type Next =
  | { readonly kind: "wait"; readonly reason: string }
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
  if (state !== "running") return { kind: "wait", reason: `It is ${state}.` };
  const progress = progressOf(looked);
  const harm = harmIn(progress, rollout);
  if (harm !== undefined) return { kind: "fail", reason: `${stepName(step)}: ${harm}` };
  const bakeMs = (steps[step]?.bakeSeconds ?? 0) * 1000;
  const sinceMs = Date.parse(since);
  if (!isOver({ sinceMs, lengthMs: bakeMs }, nowMs)) {
    const left = Math.ceil((sinceMs + bakeMs - nowMs) / 1000);
    return { kind: "wait", reason: `${stepName(step)} bakes for ${left} s more.` };
  }
  const lack = lackIn(progress, rollout);
  if (lack !== undefined) return { kind: "fail", reason: `${stepName(step)}: ${lack}` };
  const held = `${stepName(step)} held: ${progress.reported} of ${progress.edges} edges at revision ${to}.`;
  return step + 1 < steps.length
    ? { kind: "advance", step: step + 1, reason: held }
    : { kind: "done", reason: held };
}

export function progressOf(looked: Looked): StepProgress {
  const { rollout, nowMs } = looked;
  const given = looked.followers.filter(({ beacon, edge }) =>
    isGivenNew(rollout, edge, { ...looked, edge: beacon.edge }),
  );
  const startedMs = Date.parse(rollout.started);
  const rates = given.flatMap(({ beacon }) =>
    beacon.revision === rollout.to && beacon.errorRate !== null ? [beacon.errorRate] : [],
  );
  const count = (holds: (beacon: Heard) => boolean) => given.filter(({ beacon }) => holds(beacon)).length;
  const silentMs = rollout.health.maxSilenceSeconds * 1000;
  return {
    edges: count(({ atMs }) => isOfNow(atMs, { startedMs, nowMs })),
    reported: count(({ revision, atMs }) => revision === rollout.to && atMs >= startedMs),
    refusing: count(({ refused, atMs }) => refused === rollout.to && atMs >= startedMs),
    silent: count(({ atMs }) => atMs >= startedMs && atMs <= nowMs - silentMs),
    errorRate: rates.length === 0 ? null : rates.reduce((sum, rate) => sum + rate, 0) / rates.length,
  };
}

/** An edge that had been silent for long when the rollout began is no part of it. */
function isOfNow(atMs: number, { startedMs, nowMs }: { startedMs: number; nowMs: number }): boolean {
  return atMs >= startedMs || atMs > Math.min(nowMs, startedMs) - SILENT_MS;
}

/** What stops it at once. */
function harmIn(
  { refusing, silent, errorRate }: StepProgress,
  { health, to }: RolloutDocument,
): string | undefined {
  const { maxRefusals, maxErrorRate, maxSilenceSeconds } = health;
  if (refusing > maxRefusals)
    return `${edges(refusing)} ${refusing === 1 ? "refuses" : "refuse"} revision ${to}, where ${maxRefusals} may.`;
  if (silent > 0) return `${edges(silent)} fell silent for more than ${maxSilenceSeconds} s.`;
  if (errorRate !== null && errorRate > maxErrorRate)
    return `The error rate is ${percent(errorRate)}, where ${percent(maxErrorRate)} may be.`;
  return undefined;
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
