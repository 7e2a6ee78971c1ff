/**
 * POST /v1/fleet/beacons: what edges say of themselves. A token reports for the edges that its grants' scopes name, of the
 * namespaces that they name; a request that reports anything else is refused whole. A report of harm stops its rollout at
 * once: the next tick may be a minute away.
 */
import type { BeaconsBody } from "../../lib/api/rollout-bodies.ts";
import type { Input } from "../../lib/api/typed.ts";
import { allowsKey } from "../../lib/core/grant.ts";
import { refuse } from "../../lib/core/refusal.ts";
import { BEACONS_KEPT_MAX, FORGOTTEN_MS, type KeptBeacon } from "../../lib/core/rollout/beacon.ts";
import { type RolloutDocument, rolloutKey } from "../../lib/core/rollout/documents.ts";
import { isWatched } from "../../lib/core/rollout/reading.ts";
import type { Context } from "../../lib/http/context.ts";
import { type RolloutMove, rolloutMove } from "../../lib/http/move-rollout.ts";
import { propose } from "../../lib/http/propose.ts";
import { jsonReply } from "../../lib/http/reply.ts";
import type { Result } from "../../lib/http/result.ts";
import { findSetting } from "../../lib/store/documents/settings.ts";
import { keepBeacons } from "../../lib/store/fleet/beacons.ts";
import type { Db } from "../../lib/store/sqlite/driver.ts";

export function postBeacons({ body }: Input<"postBeacons">, context: Context): Result<{ taken: number }> {
  const { world, caller, nowMs } = context;
  const beacons = body.beacons.flatMap((one) => beaconsOf(one, nowMs));
  const denied = beacons.find(({ namespace, edge }) => !allowsKey(caller.grants, "report", namespace, edge));
  if (denied !== undefined)
    return refuse(
      "forbidden",
      `This needs the verb report on ${denied.namespace} for the edge ${denied.edge}, which the token does not hold. Nothing was taken.`,
    );
  const kept = keepBeacons(world.db, beacons, { nowMs, keptMax: BEACONS_KEPT_MAX });
  if (kept > BEACONS_KEPT_MAX)
    return refuse(
      "quota_exceeded",
      `The store keeps at most ${BEACONS_KEPT_MAX} beacons, one for each namespace at each edge. Nothing was taken.`,
      { members: { limit: BEACONS_KEPT_MAX, size: kept } },
    );
  const taken = jsonReply<{ taken: number }>(200, { taken: body.beacons.length });
  const stop = stoppedBy(world.db, beacons, nowMs);
  // Refused: somebody was faster, or the store takes no writes. The next report, or tick, looks again.
  return stop === undefined ? taken : propose(context, stop.proposed, () => taken);
}

/** The end of a rollout that one of the reports harms; of several the first. */
function stoppedBy(db: Db, beacons: readonly KeptBeacon[], nowMs: number): RolloutMove | undefined {
  const looked = new Set<string>();
  for (const beacon of beacons) {
    const { namespace, channel } = beacon;
    if (channel === undefined || (beacon.refusal === undefined && beacon.errorRate === undefined)) continue;
    const key = rolloutKey({ namespace, channel });
    const setting = looked.has(key) ? undefined : findSetting(db, "_system", key);
    if (setting === undefined || !isHarmed(JSON.parse(setting.json), beacon)) continue;
    looked.add(key);
    const move = rolloutMove(db, setting, nowMs);
    if (move?.kind === "fail") return move;
  }
  return undefined;
}

/** Whether a look at all edges may end it: that costs more than this report. */
function isHarmed(rollout: RolloutDocument, { refusal, revision, errorRate = 0 }: KeptBeacon): boolean {
  const { to, health } = rollout;
  if (!isWatched(rollout)) return false;
  return refusal?.revision === to || (revision === to && errorRate > health.maxErrorRate);
}

function beaconsOf(
  { edge, version, through, ageSeconds = 0, namespaces }: BeaconsBody["beacons"][number],
  nowMs: number,
): KeptBeacon[] {
  const atMs = nowMs - Math.min(ageSeconds * 1000, FORGOTTEN_MS);
  return namespaces.map((one) => ({
    edge,
    version,
    atMs,
    ...(through === undefined ? {} : { through }),
    ...one,
  }));
}
