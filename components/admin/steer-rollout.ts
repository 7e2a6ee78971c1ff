/** Steering a rollout that goes on: pause, resume, hurry, abort. Each is a commit that names the rollout as it was looked at. */
import type { CommitAnswer } from "../../lib/api/document-answers.ts";
import type { Input } from "../../lib/api/typed.ts";
import type { Broken } from "../../lib/core/commit/broken.ts";
import { type Outcome, refuse } from "../../lib/core/refusal.ts";
import {
  type ChannelDocument,
  channelKey,
  type RolloutDocument,
  type RolloutState,
  rolloutKey,
} from "../../lib/core/rollout/documents.ts";
import { ended, type Moved } from "../../lib/core/rollout/moves.ts";
import { isUnderWay } from "../../lib/core/rollout/reading.ts";
import { formatTime } from "../../lib/core/time.ts";
import { commitReply } from "../../lib/http/commit-reply.ts";
import type { Context } from "../../lib/http/context.ts";
import { requireNamespace } from "../../lib/http/namespace.ts";
import { noChannel } from "../../lib/http/no-channel.ts";
import type { Result } from "../../lib/http/result.ts";
import { findSetting, type Setting } from "../../lib/store/documents/settings.ts";
import { channelPlaceOf } from "./channels.ts";
import { noRollout } from "./rollouts.ts";
import { type SettingChange, type Words, writeSetting } from "./settings-write.ts";

type SteerInput = Input<"pauseRollout">;

export function pauseRollout(input: SteerInput, context: Context): Result<CommitAnswer> {
  return steer(input, context, {
    from: ["running"],
    state: "paused",
    to: ({ rollout }, at) => ({ rollout: { ...rollout, ...at, state: "paused" }, channel: undefined }),
    reason: "It was paused.",
  });
}

export function resumeRollout(input: SteerInput, context: Context): Result<CommitAnswer> {
  return steer(input, context, {
    from: ["paused", "failed"],
    state: "running",
    to: ({ rollout }, at) => ({ rollout: { ...goingOn(rollout, at), state: "running" }, channel: undefined }),
    reason: "It was resumed.",
  });
}

/**
 * Of one that had failed harm is counted anew: whoever resumes it has looked at the edges that are silent, which would else stop it
 * with the next look, for as long as they are away.
 */
function goingOn(rollout: RolloutDocument, at: Pick<RolloutDocument, "since" | "reason">): RolloutDocument {
  return { ...rollout, ...at, ...(rollout.state === "failed" ? { resumed: at.since } : {}) };
}

export function abortRollout(input: SteerInput, context: Context): Result<CommitAnswer> {
  return steer(input, context, {
    from: ["waiting", "running", "paused", "failed"],
    state: "aborted",
    to: ({ rollout }, at) => ({
      rollout: { ...rollout, ...at, state: "aborted", step: -1 },
      channel: undefined,
    }),
    reason: "It was aborted.",
  });
}

/** What it skips is broken as a budget is: with the verb `override`, and a reason that stands in the commit. */
export function hurryRollout(input: Input<"hurryRollout">, context: Context): Result<CommitAnswer> {
  const { override } = input;
  if (override === null)
    return refuse("bad_parameter", "Say why, with override=REASON: it stands in the commit.");
  return steer(input, context, {
    from: ["waiting", "running", "paused", "failed"],
    state: "done",
    to: ({ rollout, channel }, at) => ended(rollout, channel, at),
    reason: `It was hurried: ${override}`,
    override,
  });
}

interface Steering {
  /** The states that it may be in. */
  readonly from: readonly RolloutState[];
  /** The one that it comes to. A request that is repeated finds it there. */
  readonly state: RolloutState;
  to(stands: Stands, at: Pick<RolloutDocument, "since" | "reason">): Moved;
  readonly reason: string;
  readonly override?: string;
}

interface Stands {
  readonly rollout: RolloutDocument;
  readonly channel: ChannelDocument;
}

interface FoundRollout extends Stands {
  readonly settings: { readonly rollout: Setting; readonly channel: Setting };
}

function steer(
  input: SteerInput & Words,
  context: Context,
  { from, state, to, reason, override }: Steering,
): Result<CommitAnswer> {
  const found = findRollout(input, context);
  if (!found.ok) return found;
  const { rollout, channel, settings } = found.value;
  const isThere = rollout.state === state;
  if (!isThere && !(isUnderWay(rollout) && from.includes(rollout.state)))
    return refuse(
      "not_found",
      `There is no rollout to do that with: the last one is ${rollout.state}. ${rollout.reason}`,
    );
  const moved = isThere
    ? { rollout, channel: state === "done" ? channel : undefined }
    : to(found.value, { since: formatTime(context.nowMs), reason });
  const place = channelPlaceOf(input);
  const more =
    moved.channel === undefined ? [] : [pointerChange(channelKey(place), settings.channel, moved.channel)];
  return writeSetting(
    context,
    {
      change: pointerChange(rolloutKey(place), settings.rollout, moved.rollout),
      more,
      words: input,
      bound: override === undefined ? {} : { override, carries: [skipped(rollout, place.namespace)] },
    },
    ({ outcome, op, result }) =>
      commitReply(outcome, [op], {
        status: 200,
        headers: result.etag === null ? [] : [["etag", result.etag]],
      }),
  );
}

export function findRollout(
  input: Pick<SteerInput, "namespace" | "channel">,
  { world, view }: Context,
): Outcome<FoundRollout> {
  const place = channelPlaceOf(input);
  const absent = requireNamespace(place.namespace, view);
  if (absent !== undefined) return absent;
  const rollout = findSetting(world.db, "_system", rolloutKey(place));
  const channel = findSetting(world.db, "_system", channelKey(place));
  if (channel === undefined) return noChannel(place);
  if (rollout === undefined) return noRollout(place);
  const parsed = { rollout: JSON.parse(rollout.json), channel: JSON.parse(channel.json) };
  return { ok: true, value: { ...parsed, settings: { rollout, channel } } };
}

export function pointerChange(key: string, { revision, lineage }: Setting, document: object): SettingChange {
  return {
    namespace: "_system",
    key,
    json: JSON.stringify(document),
    state: { ifRevision: revision, ifLineage: lineage },
  };
}

function skipped({ state, step, steps }: RolloutDocument, namespace: string): Broken {
  const says =
    state === "waiting"
      ? `the rollout skips the approval of step ${step + 2} of ${steps.length}, and all from there on`
      : `the rollout skips what is left of step ${step + 1} of ${steps.length}, and all after it`;
  return { kind: "budget", namespace, scope: "", index: 0, says };
}
