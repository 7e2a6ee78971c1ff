/**
 * Which revision of a namespace an edge reads, as a pure function of three documents and the edge's name. The origin answers
 * by it and an edge computes the same without a link. Promise: an edge that a step gives the new revision has it in
 * every later step, and what an edge says of itself decides nothing.
 */
import type { ChannelDocument, ChannelPlace, EdgeDocument, Labels, RolloutDocument } from "./documents.ts";
import { shareOf } from "./share.ts";

export interface Pointers {
  readonly channel: ChannelDocument;
  /** Undefined where the channel never had one. */
  readonly rollout: RolloutDocument | undefined;
  /** Nothing for an edge without labels. */
  readonly edge: EdgeDocument | null | undefined;
}

/** Who reads: an edge by its name, and by which channel. Whoever gives no name is in no step. */
export interface ChannelReader extends ChannelPlace {
  readonly edge: string | null;
}

/** The revision that a reader is given. */
export function revisionFor({ channel, rollout, edge }: Pointers, reader: ChannelReader): number {
  if (rollout === undefined || !isActive(rollout)) return channel.revision;
  return isGivenNew(rollout, edge, reader) ? rollout.to : rollout.from;
}

/** Some edges may read another revision than the channel's. */
export function isActive({ state, step }: RolloutDocument): boolean {
  return step >= 0 && state !== "done" && state !== "aborted";
}

/** What edges say may end it, and nobody has stopped it. */
export function isWatched({ state }: Pick<RolloutDocument, "state">): boolean {
  return state === "running" || state === "waiting";
}

/** It goes on, or is yet to begin: the channel is its own. */
export function isUnderWay(rollout: RolloutDocument): boolean {
  return isActive(rollout) || rollout.state === "waiting";
}

/** Whether a step up to the present one is for the edge. */
export function isGivenNew(
  rollout: Pick<RolloutDocument, "steps" | "step">,
  edge: EdgeDocument | null | undefined,
  reader: ChannelReader,
): boolean {
  return stepsFor(rollout, edge, reader).length > 0;
}

/** Which of the steps up to the present one are for the edge, by their places. */
export function stepsFor(
  { steps, step }: Pick<RolloutDocument, "steps" | "step">,
  document: EdgeDocument | null | undefined,
  reader: ChannelReader,
): number[] {
  const { edge } = reader;
  if (edge === null) return [];
  // A fleet of ten thousand is hashed once, and not for each step.
  let share: number | undefined;
  return steps.slice(0, step + 1).flatMap(({ labels, percent }, at) => {
    if (labels !== undefined) return hasLabels(document?.labels ?? {}, labels) ? [at] : [];
    share ??= shareOf({ ...reader, edge });
    return percent !== undefined && share < percent ? [at] : [];
  });
}

function hasLabels(held: Labels, wanted: Labels): boolean {
  return Object.entries(wanted).every(([name, value]) => Object.hasOwn(held, name) && held[name] === value);
}
