/**
 * Answers that were given within the last second, for who asks for the same again. Promise: one is given again only while its
 * namespace is where it was, and while its age is the same.
 */
import { BoundedMap } from "../../lib/core/bounded-map.ts";
import type { Lane } from "../../packages/agent/lane.ts";
import type { KeptAnswer, KeptAnswers } from "../host/answers.ts";

interface Kept {
  readonly answer: KeptAnswer;
  readonly lane: Lane;
  /** A lane that moves has another. */
  readonly replica: Lane["replica"];
}

/** Of the entry itself and its headers, roughly. */
const AROUND_BYTES = 1000;

/** `laneOf` gives the lane of a request's target, where an answer may be kept. */
export function agentAnswers(laneOf: (target: string) => Lane | undefined): KeptAnswers {
  const answers = new BoundedMap<Kept>();
  return {
    find(name) {
      const kept = answers.get(name);
      if (kept === undefined) return undefined;
      const { reply } = kept.answer.prepared;
      if (kept.replica === kept.lane.replica && Date.now() < (reply.sameUntilMs ?? 0)) return kept.answer;
      answers.delete(name);
      return undefined;
    },
    keep(name, answer) {
      const lane = laneOf(name.slice(0, name.indexOf("\n")));
      if (lane === undefined || answer.prepared.reply.sameUntilMs === undefined) return;
      const bytes = AROUND_BYTES + 2 * (answer.prepared.body?.length ?? 0);
      answers.set(name, { answer, lane, replica: lane.replica }, bytes);
    },
  };
}
