/**
 * POST /internal/plan-digest: the digest of a plan for a component whose engine would take seconds for it. Only service
 * chaining reaches it. Of the store it sees nothing: the plan is JSON in the first line, its values lie behind that.
 */

import { formatHex } from "../../lib/core/hex.ts";
import { type PlanToHash, planText, valuesToHash } from "../../lib/core/plan/digest.ts";
import { refuse } from "../../lib/core/refusal.ts";
import type { Context } from "../../lib/http/context.ts";
import { PLAN_DIGEST_HEADER } from "../../lib/http/plan-digest.ts";
import { textReply } from "../../lib/http/reply.ts";
import type { Answer } from "../../lib/http/result.ts";

const LINE_END = 10;

export async function postPlanDigest(
  _: object,
  { request }: Pick<Context<unknown>, "request">,
): Promise<Answer> {
  const { body } = request;
  const end = body.indexOf(LINE_END);
  if (end < 0) return refuse("invalid_body", "The first line is the plan.");
  // Our own component has made it: plan-digest.ts in lib/http.
  const plan: PlanToHash = JSON.parse(new TextDecoder().decode(body.subarray(0, end)));
  const hashes: string[] = [];
  for (const value of valuesToHash(plan, body.subarray(end + 1))) hashes.push(await sha256(value));
  const digest = await sha256(new TextEncoder().encode(planText(plan, hashes)));
  return textReply(204, "", [[PLAN_DIGEST_HEADER, digest]]);
}

async function sha256(bytes: Uint8Array): Promise<string> {
  // A copy of these bytes alone: the type wants a buffer that nobody shares.
  return formatHex(new Uint8Array(await crypto.subtle.digest("SHA-256", new Uint8Array(bytes))));
}
