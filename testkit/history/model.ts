/** What answers are compared with: every state, and what was known when. */
import type { Committed } from "./commits.ts";
import type { States } from "./states.ts";
import type { Timeline } from "./timeline.ts";

export interface Model {
  readonly states: States;
  readonly timeline: Timeline;
  /** By request id. */
  readonly committed: ReadonlyMap<string, Committed>;
  readonly base: number;
}
