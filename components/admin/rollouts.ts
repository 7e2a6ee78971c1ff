/**
 * Rollouts: documents in `_system` under `rollout/<namespace>/<channel>`, one for each channel: the one that goes on, or the last.
 * Here people begin and steer them; the exporter's tick moves them from step to step.
 */
import type { CommitAnswer } from "../../lib/api/document-answers.ts";
import type { Rollout, RolloutBody, RolloutsPage } from "../../lib/api/rollout-bodies.ts";
import type { Input } from "../../lib/api/typed.ts";
import type { Broken } from "../../lib/core/commit/broken.ts";
import { policyKey, reviewsRollouts } from "../../lib/core/policy.ts";
import { refuse } from "../../lib/core/refusal.ts";
import type { Person } from "../../lib/core/review/document.ts";
import {
  type ChannelDocument,
  type ChannelPlace,
  channelKey,
  DEFAULT_HEALTH,
  placeOfPointer,
  type RolloutDocument,
  rolloutKey,
} from "../../lib/core/rollout/documents.ts";
import { nextMove, progressOf, waitsFor } from "../../lib/core/rollout/next.ts";
import { isUnderWay } from "../../lib/core/rollout/reading.ts";
import { formatTime } from "../../lib/core/time.ts";
import type { Context } from "../../lib/http/context.ts";
import { requireNamespace } from "../../lib/http/namespace.ts";
import { noChannel } from "../../lib/http/no-channel.ts";
import { jsonReply } from "../../lib/http/reply.ts";
import type { Result } from "../../lib/http/result.ts";
import { personOf } from "../../lib/http/second-person.ts";
import type { World } from "../../lib/http/world.ts";
import { findSetting, type Setting } from "../../lib/store/documents/settings.ts";
import { listFollowers } from "../../lib/store/fleet/beacons.ts";
import { brokenByRollout } from "./carried.ts";
import { channelPlaceOf, listPointers } from "./channels.ts";
import { putSetting } from "./put-setting.ts";
import { etagOf } from "./setting-etag.ts";

export function getRollouts(input: Input<"listRollouts">, context: Context): Result<RolloutsPage> {
  const page = listPointers("rollouts", input, context);
  if (!page.ok) return page;
  const { shown, next, headers } = page.value;
  return jsonReply(200, { rollouts: shown.map((one) => rolloutView(one)), ...next }, headers);
}

export function getRollout(input: Input<"readRollout">, context: Context): Result<Rollout> {
  const place = channelPlaceOf(input);
  const absent = requireNamespace(place.namespace, context.view);
  if (absent !== undefined) return absent;
  const setting = findSetting(context.world.db, "_system", rolloutKey(place));
  if (setting === undefined) return noRollout(place);
  return jsonReply(200, rolloutView(setting, context.world), [["etag", etagOf(setting)]]);
}

export function putRollout(input: Input<"putRollout">, context: Context): Result<CommitAnswer> {
  const { world, view, nowMs } = context;
  const place = channelPlaceOf(input);
  const absent = requireNamespace(place.namespace, view);
  if (absent !== undefined) return absent;
  const channel = findSetting(world.db, "_system", channelKey(place));
  if (channel === undefined) return noChannel(place);
  const { revision: at }: ChannelDocument = JSON.parse(channel.json);
  const demand = reviewDemanded(context, place);
  const rollout = asBefore(
    reviewedFrom(beginningOf(input.body, { at, nowMs }), {
      isDemanded: input.body.review === true || (demand.length > 0 && input.override === null),
      startedBy: personOf(context.caller),
    }),
    findSetting(world.db, "_system", rolloutKey(place)),
  );
  const passed = rollout.state === "waiting" ? [] : demand;
  const carries = [...passed, ...brokenByRollout(context, place.namespace, rollout)];
  const bound = { carries, ...(input.override === null ? {} : { override: input.override }) };
  return putSetting(
    context,
    { key: rolloutKey(place), json: JSON.stringify(rollout), input, bound },
    () => undefined,
  );
}

function beginningOf(
  { from, to, steps, health = {}, onFailure = "stop" }: RolloutBody,
  { at, nowMs }: { readonly at: number; readonly nowMs: number },
): RolloutDocument {
  const since = formatTime(nowMs);
  const said = Object.fromEntries(Object.entries(health).filter(([, value]) => value !== undefined));
  return {
    from: from ?? at,
    to,
    steps,
    step: 0,
    state: "running",
    since,
    started: since,
    health: { ...DEFAULT_HEALTH, ...said },
    onFailure,
    reason: "It began.",
  };
}

/** What a policy demands of every rollout of the namespace, as a rule that an override goes past. */
function reviewDemanded({ world }: Context, { namespace }: ChannelPlace): Broken[] {
  const policy = findSetting(world.db, "_system", policyKey({ namespace, scope: "" }));
  if (!reviewsRollouts(policy?.json ?? null)) return [];
  const says = `a second person has to approve each rollout of ${namespace}`;
  return [{ kind: "budget", namespace, scope: "", index: 0, says }];
}

/** Who began it is known where a step waits for somebody else. */
function reviewedFrom(
  rollout: RolloutDocument,
  { isDemanded, startedBy }: { readonly isDemanded: boolean; readonly startedBy: Person },
): RolloutDocument {
  const steps = rollout.steps.map((step, at) => (at === 0 && isDemanded ? { ...step, review: true } : step));
  if (!steps.some(({ review }) => review)) return rollout;
  const reviewed = { ...rollout, steps, startedBy };
  return steps[0]?.review ? { ...reviewed, state: "waiting", step: -1, reason: waitsFor(0) } : reviewed;
}

/** One that was begun with the very same words keeps its times, so that a request that is repeated is known. */
function asBefore(rollout: RolloutDocument, stands: Setting | undefined): RolloutDocument {
  if (stands === undefined) return rollout;
  const { since, started }: RolloutDocument = JSON.parse(stands.json);
  const same = { ...rollout, since, started };
  return JSON.stringify(same) === stands.json ? same : rollout;
}

export function noRollout({ namespace, channel }: ChannelPlace) {
  return refuse("not_found", `There has been no rollout of the channel ${channel} of ${namespace}.`);
}

/** `world` is given where its edges are to be looked at. */
function rolloutView(setting: Setting, world?: World): Rollout {
  const document: RolloutDocument = JSON.parse(setting.json);
  const { namespace = "", channel = "" } = placeOfPointer(setting.key) ?? {};
  return {
    namespace,
    channel,
    ...document,
    steps: [...document.steps],
    revision: setting.revision,
    etag: etagOf(setting),
    modified: formatTime(setting.modifiedMs),
    ...(world === undefined || !isUnderWay(document)
      ? {}
      : { progress: progressView({ namespace, channel }, document, world) }),
  };
}

function progressView(
  place: ChannelPlace,
  rollout: RolloutDocument,
  world: World,
): NonNullable<Rollout["progress"]> {
  const nowMs = world.nowMs();
  const looked = { ...place, rollout, nowMs, followers: listFollowers(world.db, place, nowMs) };
  return { ...progressOf(looked), next: nextMove(looked).reason };
}
