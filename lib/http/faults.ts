/** What went wrong, as the answer that a client can act on: a refusal of ours, a fault of the store, or a bug. */
import { formatHex } from "../core/hex.ts";
import type { HttpReply, HttpRequest } from "../core/http.ts";
import { problemReply } from "../core/problem.ts";
import { type Refusal, refuse } from "../core/refusal.ts";
import { thrownText } from "../core/thrown.ts";
import { faultKind, SERVER_VALUE_BYTES_MAX, StoreFault } from "../store/sqlite/driver.ts";
import { StoreBehind } from "./store-state.ts";
import type { World } from "./world.ts";

/** Whether it is cured by bringing the store up to date. */
export function isBehind(error: unknown): boolean {
  return error instanceof StoreBehind || (error instanceof StoreFault && faultKind(error) === "no_table");
}

/** A fault of the store by what the caller can do; anything else is a bug. */
export function refusalOfFault(error: unknown, request: HttpRequest, world: World): Refusal {
  if (error instanceof StoreFault) {
    const kind = faultKind(error);
    world.log("store.failed", { kind, text: error.text.slice(0, 500) });
    if (kind === "busy") return refuse("busy", "Another writer held the store for too long. Send it again.");
    if (kind === "full")
      return refuse("storage_full", "The store cannot grow. Reads go on; free space for writes.");
    if (kind === "too_large") {
      return refuse(
        "too_large",
        `The database takes values and rows of at most ${SERVER_VALUE_BYTES_MAX} bytes, or sends no result as large as this one.`,
        { members: { limit: SERVER_VALUE_BYTES_MAX } },
      );
    }
    if (kind === "away" || (kind === "lost" && !isWrite(request)))
      return refuse("busy", "The database server does not answer. Nothing was committed; send it again.");
    return isWrite(request)
      ? refuse(
          "outcome_unknown",
          "The store failed while it wrote. Send it again with the same Idempotency-Key, or look for it with GET /v1/commits?requestId=.",
        )
      : refuse("not_ready", "The store cannot be read; the server's log says why.");
  }
  world.log("request.failed", { error: thrownText(error) });
  return refuse("internal", "The server's log has more under this request's id.");
}

/** A plan is posted, and writes nothing. */
function isWrite({ method, uri }: HttpRequest): boolean {
  return method !== "GET" && method !== "HEAD" && !uri.startsWith("/v1/plan");
}

/** The id stands in the answer and, for what is not the caller's doing, in the log. */
export function problemOf(refusal: Refusal, world: World): HttpReply {
  const instance = formatHex(world.randomBytes(8));
  const reply = problemReply(refusal, instance);
  if (reply.status >= 500) world.log("request.refused", { instance, code: refusal.code });
  return reply;
}
