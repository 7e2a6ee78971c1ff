/** `NAMESPACE/CHANNEL` as people type it, and where it is over HTTP. */
import { InvalidArgumentError } from "commander";
import type { ChannelPlace } from "../../../lib/core/rollout/documents.ts";
import { pathTo } from "../../../packages/client/path-to.ts";
import { parsePlace } from "../target.ts";

export function parseChannelPlace(text: string): ChannelPlace {
  const { namespace, key: channel } = parsePlace(text);
  if (!/^[a-z0-9][a-z0-9-]{0,62}$/.test(channel))
    throw new InvalidArgumentError(
      "name a channel as NAMESPACE/CHANNEL: lower-case letters, digits and hyphens",
    );
  return { namespace, channel };
}

export function pathOfChannel(kind: "channels" | "rollouts", { namespace, channel }: ChannelPlace): string {
  return pathTo`/v1/admin/${kind}/${namespace}/${channel}`;
}

export function nameOfChannel({ namespace, channel }: ChannelPlace): string {
  return `channel ${channel} of ${namespace}`;
}
