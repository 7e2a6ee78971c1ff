/** POST /v1/fleet/beacons at an agent: reports of agents behind it, which it sends on with its own. */
import { BeaconsBody } from "../../lib/api/rollout-bodies.ts";
import { allowsKey, type Grant } from "../../lib/core/grant.ts";
import { refuse } from "../../lib/core/refusal.ts";
import { refusalReply } from "../host/front/sending.ts";
import type { GuestReply, GuestRequest } from "../host/pool/protocol.ts";
import type { Reporter } from "./beacons.ts";
import { strangeParameter } from "./strange-parameter.ts";

/**
 * Judged as the origin does it, body and grants: what it would refuse would hold up what is sent on with it.
 */
export function takeBeacons(
  { reporter }: { readonly reporter: Reporter },
  { method, uri, body }: GuestRequest,
  grants: readonly Grant[],
): GuestReply {
  if (method !== "POST")
    return refusalReply(
      refuse("method_not_allowed", "This path takes POST.", { headers: [["allow", "POST"]] }),
    );
  const strange = strangeParameter(uri, []);
  if (strange !== undefined) return refusalReply(strange);
  const parsed = BeaconsBody.safeParse(jsonIn(body));
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    const where = `/${issue?.path.join("/") ?? ""}`;
    return refusalReply(
      refuse(
        "invalid_body",
        `The body is no list of reports: ${where}: ${issue?.message ?? "it has another shape"}.`,
      ),
    );
  }
  const { beacons } = parsed.data;
  const back = beacons.find((one) => reporter.isOwn(one));
  if (back !== undefined)
    return refusalReply(
      refuse(
        "not_served_here",
        `A report of ${back.edge} has been here before: these agents follow each other. Name an origin with --from, or another relay.`,
      ),
    );
  const foreign = beacons.find(
    ({ edge, namespaces }) =>
      !namespaces.every(({ namespace }) => allowsKey(grants, "report", namespace, edge)),
  );
  if (foreign !== undefined)
    return refusalReply(refuse("forbidden", `This needs the verb report for the edge ${foreign.edge}.`));
  // Of no namespace there is nothing to send on, and nobody's grants were asked for.
  if (!reporter.add(beacons.filter(({ namespaces }) => namespaces.length > 0)))
    return refusalReply(
      refuse("overloaded", "Too many reports wait here to be sent on. Send it again.", {
        headers: [["retry-after", "30"]],
      }),
    );
  return {
    status: 200,
    headers: ["content-type", "application/json", "cache-control", "no-store"],
    body: Buffer.from(JSON.stringify({ taken: beacons.length })),
  };
}

function jsonIn(body: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(body).toString());
  } catch {
    return undefined;
  }
}
