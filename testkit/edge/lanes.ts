/** A lane over sources of a test, without pauses: in a folder that the test gives, or in one of its own. */

import { readEntries } from "../../lib/store/replica/replica.ts";
import { EDGE_LIMITS, type EdgeLimits } from "../../packages/agent/guard.ts";
import { Lane, type LaneOptions } from "../../packages/agent/lane.ts";
import type { Source } from "../../packages/agent/source.ts";
import { TIMING, type Timing } from "../../packages/agent/timing.ts";
import { MODEL_NAMESPACE, type ModelState } from "./model-source.ts";

/** So short that a test does not wait for them. */
export const QUICK: Timing = {
  ...TIMING,
  pollMs: 1,
  bucketMs: 1,
  betterMs: 2,
  firstPauseMs: 1,
  pauseMsMax: 2,
  copyAfterMs: 1,
};

export interface TestLane {
  readonly lane: Lane;
  readonly said: string[];
  /** Ends it, and gives its files back. */
  stop(): Promise<void>;
}

export function runLane(
  folder: string,
  sources: readonly Source[],
  more: Partial<Omit<LaneOptions, "limits">> & { readonly limits?: Partial<EdgeLimits> } = {},
): TestLane {
  const said: string[] = [];
  const lane = new Lane({
    subject: { namespace: MODEL_NAMESPACE },
    folder,
    sources,
    timing: QUICK,
    id: "0123456789ab",
    accepted: [],
    random: Math.random,
    log: (text) => said.push(text),
    onMoved: () => {},
    onState: () => {},
    ...more,
    limits: { ...EDGE_LIMITS, ...more.limits },
  });
  const ending = new AbortController();
  const running = lane.run(ending.signal);
  return {
    lane,
    said,
    async stop() {
      ending.abort(new Error("the test ends"));
      await running;
      lane.close();
    },
  };
}

/** All that a lane serves. */
export function servedBy(lane: Lane): ModelState {
  const entries = lane.read((db) => readEntries(db, MODEL_NAMESPACE, "", 10_000));
  return new Map(entries.map(({ key, value }) => [key, new TextDecoder().decode(value)]));
}
