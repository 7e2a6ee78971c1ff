/**
 * The digest that binds a commit to its plan. SHA-256 costs 1.4 ms for each KiB in QuickJS, so there only a short plan is
 * hashed in place, and a longer one by snapshot-export, over a path that no client reaches. Promise: where nobody
 * can hash it the request is refused, and a wrong digest is never given.
 */
import { type PlanToHash, planText, valuesToHash } from "../core/plan/digest.ts";
import { accept, type Outcome, refuse } from "../core/refusal.ts";
import { sha256OfText } from "../core/sha256.ts";
import { byteText, encodeUtf8 } from "../core/utf8.ts";
import { concatenate } from "./reply.ts";
import type { World } from "./world.ts";

/** The header of an answer that holds a digest. */
export const PLAN_DIGEST_HEADER = "ledge-plan-digest";
/** Above this another component hashes: about what its instance costs. */
const SHORT_BYTES_MAX = 8192;

/** `body` holds the values of the puts end to end. Refuses `busy`. */
export function planDigest(world: World, plan: PlanToHash, body: Uint8Array): Outcome<string, "busy"> {
  const { sha256 } = world;
  if (sha256 !== undefined) {
    const hashes = valuesToHash(plan, body).map(sha256);
    return accept(sha256(encodeUtf8(planText(plan, hashes))));
  }
  const head = `${JSON.stringify(plan)}\n`;
  if (head.length + body.length > SHORT_BYTES_MAX) return askForDigest(world, concatenate([head, body]));
  const hashes = valuesToHash(plan, body).map((value) => sha256OfText(byteText(value)));
  return accept(sha256OfText(byteText(encodeUtf8(planText(plan, hashes)))));
}

function askForDigest(world: World, sent: Uint8Array): Outcome<string, "busy"> {
  const reply = world.chain?.("snapshot-export", "/internal/plan-digest", sent);
  const digest = reply?.headers.find(([name]) => name.toLowerCase() === PLAN_DIGEST_HEADER)?.[1];
  if (digest !== undefined) return accept(digest);
  world.log("plan.not_hashed", { status: reply?.status ?? null });
  return refuse("busy", "The component that hashes large plans does not answer. Nothing was committed.");
}
