/** How a rollout goes from one state to the next: what its document, and the channel's, say after it. */
import { formatTime } from "../time.ts";
import type { ChannelDocument, RolloutDocument } from "./documents.ts";
import type { Next } from "./next.ts";

export interface Moved {
  readonly rollout: RolloutDocument;
  /** Where the channel goes with it; undefined where it stays. */
  readonly channel: ChannelDocument | undefined;
}

interface Standing {
  readonly rollout: RolloutDocument;
  readonly channel: ChannelDocument;
  readonly nowMs: number;
}

/** What a tick found, carried out; undefined where there is nothing to do. */
export function moved(next: Next, { rollout, channel, nowMs }: Standing): Moved | undefined {
  const { reason } = next;
  const at = { since: formatTime(nowMs), reason };
  switch (next.kind) {
    case "advance":
      return { rollout: { ...rollout, ...at, step: next.step }, channel: undefined };
    case "hold":
      return { rollout: { ...rollout, ...at, state: "waiting" }, channel: undefined };
    case "done":
      return ended(rollout, channel, at);
    case "fail": {
      const back = rollout.onFailure === "back";
      const words = back ? `${reason} Everybody went back to revision ${rollout.from}.` : reason;
      const step = back ? -1 : rollout.step;
      return { rollout: { ...rollout, ...at, reason: words, state: "failed", step }, channel: undefined };
    }
    default:
      return undefined;
  }
}

/** Everybody is given the new revision. */
export function ended(
  rollout: RolloutDocument,
  channel: ChannelDocument,
  at: Pick<RolloutDocument, "since" | "reason">,
): Moved {
  return { rollout: { ...rollout, ...at, state: "done" }, channel: { ...channel, revision: rollout.to } };
}
