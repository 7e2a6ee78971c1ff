/**
 * POST /v1/fleet/beacons: what edges say of themselves. A token reports for the edges that its grants' scopes name, of the
 * namespaces that they name; a request that reports anything else is refused whole.
 */
import type { BeaconsBody } from "../../lib/api/rollout-bodies.ts";
import type { Input } from "../../lib/api/typed.ts";
import { allowsKey } from "../../lib/core/grant.ts";
import { refuse } from "../../lib/core/refusal.ts";
import { BEACONS_KEPT_MAX, FORGOTTEN_MS, type KeptBeacon } from "../../lib/core/rollout/beacon.ts";
import type { Context } from "../../lib/http/context.ts";
import { jsonReply } from "../../lib/http/reply.ts";
import type { Result } from "../../lib/http/result.ts";
import { keepBeacons } from "../../lib/store/fleet/beacons.ts";

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
  return jsonReply(200, { taken: body.beacons.length });
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
