/** POST /v1/fleet/beacons at an agent: reports of agents behind it, which it sends on with its own. */
import * as z from "zod/mini";
import type { Grant } from "../../lib/core/grant.ts";
import { refuse } from "../../lib/core/refusal.ts";
import { scopeCoversKey } from "../../lib/core/scope.ts";
import { refusalReply } from "../host/front/sending.ts";
import type { GuestReply, GuestRequest } from "../host/pool/protocol.ts";
import type { Report, Reporter } from "./beacons.ts";

const Beacons = z.object({
  beacons: z
    .array(
      z.object({
        edge: z.string().check(z.minLength(1), z.maxLength(127)),
        version: z.string().check(z.maxLength(100)),
        namespaces: z.array(z.looseObject({ namespace: z.string() })).check(z.maxLength(1000)),
        through: z.optional(z.string()),
        ageSeconds: z.optional(z.number()),
      }),
    )
    .check(z.maxLength(500)),
});

/** What the origin judges in full is judged here as far as nobody may report for another's edge. */
export function takeBeacons(
  { reporter }: { readonly reporter: Reporter },
  { method, body }: GuestRequest,
  grants: readonly Grant[],
): GuestReply {
  if (method !== "POST")
    return refusalReply(
      refuse("method_not_allowed", "This path takes POST.", { headers: [["allow", "POST"]] }),
    );
  const beacons = beaconsIn(body);
  if (beacons === undefined) return refusalReply(refuse("invalid_body", "The body is no list of reports."));
  const foreign = beacons.find((beacon) => !mayReport(grants, beacon));
  if (foreign !== undefined)
    return refusalReply(refuse("forbidden", `This needs the verb report for the edge ${foreign.edge}.`));
  reporter.add(beacons);
  return {
    status: 200,
    headers: ["content-type", "application/json", "cache-control", "no-store"],
    body: Buffer.from(JSON.stringify({ taken: beacons.length })),
  };
}

/** Of the verb `report` the scope names edges, and the namespace whose state is reported. */
function mayReport(grants: readonly Grant[], { edge, namespaces }: Report): boolean {
  return namespaces.every(({ namespace }) =>
    grants.some(
      (grant) =>
        grant.verbs.includes("report") &&
        (grant.namespace === "*" || grant.namespace === namespace) &&
        scopeCoversKey(grant.scope, edge),
    ),
  );
}

function beaconsIn(body: Uint8Array) {
  try {
    return Beacons.parse(JSON.parse(Buffer.from(body).toString())).beacons;
  } catch {
    return undefined;
  }
}
