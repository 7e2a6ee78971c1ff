/**
 * Which revision of a namespace an edge reads, as a pure function of three documents and the edge's name. The origin answers
 * by it and an edge computes the same without a link. Promise: an edge that a step gives the new revision has it in
 * every later step, and what an edge says of itself decides nothing.
 */
import type {
  ChannelDocument,
  ChannelPlace,
  EdgeDocument,
  Labels,
  RolloutDocument,
  RolloutStep,
} from "./documents.ts";
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
  return step >= 0 && (state === "running" || state === "paused" || state === "failed");
}

/** Whether a step up to the present one is for the edge. */
export function isGivenNew(
  { steps, step }: Pick<RolloutDocument, "steps" | "step">,
  edge: EdgeDocument | null | undefined,
  reader: ChannelReader,
): boolean {
  return steps.slice(0, step + 1).some((one) => isIn(one, edge?.labels ?? {}, reader));
}

function isIn({ labels, percent }: RolloutStep, held: Labels, reader: ChannelReader): boolean {
  if (reader.edge === null) return false;
  if (labels !== undefined)
    return Object.entries(labels).every(([name, value]) => Object.hasOwn(held, name) && held[name] === value);
  return percent !== undefined && shareOf({ ...reader, edge: reader.edge }) < percent;
}
