/**
 * Overrides in the log: a commit that broke a policy says so in its `meta`, under names that no client can send. So the
 * log, the feed, exports and the audit show it as they show `meta`, and no format had to change.
 */
import type { Broken } from "./broken.ts";
import { wordsOfBroken } from "./policies.ts";

/** The reason that was given. */
const REASON = "_override";
/** What was broken. */
const BROKEN = "_overridden";

/** What stands in the commit as its `meta`. */
export function metaWith(meta: string | null, reason: string, broken: readonly Broken[]): string {
  return JSON.stringify({ ...JSON.parse(meta ?? "{}"), [REASON]: reason, [BROKEN]: wordsOfBroken(broken) });
}

/** Of a commit of the past: what its client sent as `meta`, and the reason if it was an override. */
export function metaWithout(meta: string | null): { meta: string | null; reason?: string | undefined } {
  if (meta?.includes(`"${REASON}":`) !== true) return { meta };
  const members: Record<string, string> = JSON.parse(meta);
  const { [REASON]: reason, [BROKEN]: _, ...sent } = members;
  return { meta: Object.keys(sent).length === 0 ? null : JSON.stringify(sent), reason };
}
