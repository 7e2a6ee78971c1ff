/** Channels: documents in `_system` under `channel/<namespace>/<name>`. That what they point at is kept, the commit's rules judge. */

import type { CommitAnswer } from "../../lib/api/document-answers.ts";
import type { Channel, ChannelBody, ChannelsPage } from "../../lib/api/rollout-bodies.ts";
import type { Input } from "../../lib/api/typed.ts";
import { allowsSome } from "../../lib/core/grant.ts";
import { type Outcome, refuse } from "../../lib/core/refusal.ts";
import {
  type ChannelPlace,
  channelKey,
  placeOfPointer,
  rolloutKey,
} from "../../lib/core/rollout/documents.ts";
import { formatTime } from "../../lib/core/time.ts";
import type { Context } from "../../lib/http/context.ts";
import { requireNamespace } from "../../lib/http/namespace.ts";
import { noChannel } from "../../lib/http/no-channel.ts";
import { jsonReply } from "../../lib/http/reply.ts";
import type { Result } from "../../lib/http/result.ts";
import { findSetting, listSettings, type Setting } from "../../lib/store/documents/settings.ts";
import { putSetting } from "./put-setting.ts";
import { etagOf } from "./setting-etag.ts";
import { type SettingsPage, settingsPage } from "./settings-page.ts";

/** Of a namespace: each of its channels is looked at when its past goes. */
const CHANNELS_MAX = 100;

export function getChannels(input: Input<"listChannels">, context: Context): Result<ChannelsPage> {
  const page = listPointers("channels", input, context);
  if (!page.ok) return page;
  const { shown, next, headers } = page.value;
  return jsonReply(200, { channels: shown.map(channelView), ...next }, headers);
}

export function getChannel(input: Input<"readChannel">, context: Context): Result<Channel> {
  const place = channelPlaceOf(input);
  const absent = requireNamespace(place.namespace, context.view);
  if (absent !== undefined) return absent;
  const setting = findSetting(context.world.db, "_system", channelKey(place));
  if (setting === undefined) return noChannel(place);
  return jsonReply(200, channelView(setting), [["etag", etagOf(setting)]]);
}

export function putChannel(input: Input<"putChannel">, context: Context): Result<CommitAnswer> {
  const place = channelPlaceOf(input);
  const absent = requireNamespace(place.namespace, context.view);
  if (absent !== undefined) return absent;
  const { db } = context.world;
  const key = channelKey(place);
  const prefix = `channel/${place.namespace}/`;
  // Whoever makes others meanwhile may come to a few more, which does no harm.
  const isNew = findSetting(db, "_system", key) === undefined;
  if (
    isNew &&
    listSettings(db, "_system", { prefix, after: "", limit: CHANNELS_MAX }).length === CHANNELS_MAX
  )
    return refuse("quota_exceeded", `A namespace has at most ${CHANNELS_MAX} channels.`, {
      members: { limit: CHANNELS_MAX, size: CHANNELS_MAX + 1 },
    });
  return putSetting(context, { key, json: JSON.stringify(input.body), input }, () => undefined);
}

/** Its rollout goes with it; one that goes on is in its way. */
export function deleteChannel(input: Input<"deleteChannel">, context: Context): Result<CommitAnswer> {
  const place = channelPlaceOf(input);
  const absent = requireNamespace(place.namespace, context.view);
  if (absent !== undefined) return absent;
  const rollout = findSetting(context.world.db, "_system", rolloutKey(place));
  const more =
    rollout === undefined
      ? []
      : [
          {
            namespace: "_system" as const,
            key: rolloutKey(place),
            json: null,
            state: { ifRevision: rollout.revision, ifLineage: rollout.lineage },
          },
        ];
  return putSetting(context, { key: channelKey(place), json: null, input, more }, ({ code }) =>
    code === "not_found" ? noChannel(place) : undefined,
  );
}

/** Refuses `bad_cursor`. Of channels and of rollouts, whose keys are alike. */
export function listPointers(
  kind: "channels" | "rollouts",
  input: { readonly namespace: string | null; readonly limit: number; readonly cursor: string | undefined },
  context: Context,
): Outcome<SettingsPage> {
  const { namespace } = input;
  const { grants } = context.caller;
  const first = kind === "channels" ? "channel" : "rollout";
  return settingsPage(input, context, {
    kind,
    namespace: "_system",
    prefix: namespace === null ? `${first}/` : `${first}/${namespace}/`,
    ...(namespace === null ? {} : { filter: { name: "ns", text: namespace } }),
    shows({ key }) {
      const of = placeOfPointer(key)?.namespace ?? "";
      return (["admin", "rollout", "approve"] as const).some((verb) => allowsSome(grants, verb, of));
    },
  });
}

export function channelPlaceOf({
  namespace,
  channel,
}: {
  readonly namespace: string;
  readonly channel: string | null;
}): ChannelPlace {
  return { namespace, channel: channel ?? "" };
}

function channelView(setting: Setting): Channel {
  const { revision, ...rest }: ChannelBody = JSON.parse(setting.json);
  const { namespace = "", channel = "" } = placeOfPointer(setting.key) ?? {};
  return {
    namespace,
    channel,
    revision,
    ...rest,
    pointer: setting.revision,
    etag: etagOf(setting),
    modified: formatTime(setting.modifiedMs),
  };
}
