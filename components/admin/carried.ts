/** What of a namespace's policies a rollout would break, by what lies between its two revisions. */
import { judgeRevision } from "../../lib/core/ancestry.ts";
import type { Broken } from "../../lib/core/commit/broken.ts";
import { POLICIES_MAX } from "../../lib/core/policy.ts";
import { brokenByCarrying } from "../../lib/core/rollout/carried.ts";
import type { RolloutDocument } from "../../lib/core/rollout/documents.ts";
import type { Context } from "../../lib/http/context.ts";
import { readCarried } from "../../lib/store/documents/carried.ts";
import { listSettings } from "../../lib/store/documents/settings.ts";

/** Nothing for a revision that there is not: the commit is refused for that. */
export function brokenByRollout(
  { world, view, nowMs }: Context,
  namespace: string,
  { from, to }: RolloutDocument,
): Broken[] {
  if (!judgeRevision(view, from).ok || !judgeRevision(view, to).ok) return [];
  const prefix = `policy/${namespace}/`;
  const policies = listSettings(world.db, "_system", { prefix, after: "", limit: POLICIES_MAX }).map(
    ({ key, json }) => ({ scope: key.slice(prefix.length), policy: JSON.parse(json) }),
  );
  return brokenByCarrying(readCarried(world.db, { namespace, from, to }), policies, { namespace, nowMs });
}
