/**
 * Where an edge stands among all that follow a channel: a number from 0 up to, and without, 100, by a hash of the names
 * alone. It is the same everywhere and for ever, so an edge that 10 % give the new revision has it at 25 %, too.
 *
 * FNV-1a of `<namespace>/<channel>` a line end and the edge's name, with murmur3's last step, which spreads names that differ
 * in their last digit. A cryptographic hash would cost a guest 0.2 ms for each edge of a fleet, and nobody gains by
 * choosing a name.
 */
import type { ChannelPlace } from "./documents.ts";

const PARTS = 10_000;

export function shareOf({ namespace, channel, edge }: ChannelPlace & { readonly edge: string }): number {
  const text = `${namespace}/${channel}\n${edge}`;
  let hash = 0x811c9dc5;
  // The names are ASCII: a character is a byte.
  for (let at = 0; at < text.length; at += 1) hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (((hash ^ (hash >>> 16)) >>> 0) % PARTS) / (PARTS / 100);
}
