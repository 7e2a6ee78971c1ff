/** Why a source gives nothing, where that is neither a fault of the bucket nor ours. */
import type { FindRefusal } from "../histories/choose-branch.ts";
import type { FollowedPlace } from "./source.ts";

/**
 * `compacted`: the history after the place is no longer kept, so begin with a snapshot. `lineage`: the place lies beyond
 * what the newest history shares with it. `foreign`: it is on a history that the newest one does not come from.
 * `rolled_back`: the bucket shows less than it did. `fork`: there are two newest histories, and nobody has chosen.
 */
export type SourceRefusal = FindRefusal | "lineage" | "foreign" | "rolled_back";

export class SourceRefused extends Error {
  readonly code: SourceRefusal;
  /** What is wrong and what to do next. */
  readonly detail: string;
  /** With `lineage`: the last place that both histories have. */
  readonly shared: FollowedPlace | undefined;
  /** With `compacted`: the oldest revision after which changes are known. */
  readonly oldest: number | undefined;
  constructor(
    code: SourceRefusal,
    detail: string,
    more: { readonly shared?: FollowedPlace; readonly oldest?: number } = {},
  ) {
    super(`${code}: ${detail}`);
    this.name = "SourceRefused";
    this.code = code;
    this.detail = detail;
    this.shared = more.shared;
    this.oldest = more.oldest;
  }
}
