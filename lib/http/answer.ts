/**
 * What every door does around its work: brings an old store up to date and tries once more, and turns
 * refusals, faults and bugs into problem documents. The only place of the components that catches.
 */
import { formatHex } from "../core/hex.ts";
import type { HttpReply, HttpRequest } from "../core/http.ts";
import type { OnCommit } from "../core/on-commit.ts";
import { problemReply } from "../core/problem.ts";
import { URI_BYTES_MAX } from "../core/query.ts";
import { type Refusal, refuse } from "../core/refusal.ts";
import { thrownText } from "../core/thrown.ts";
import { faultKind, SERVER_VALUE_BYTES_MAX, StoreFault } from "../store/sqlite/driver.ts";
import { type Migration, migrate } from "../store/sqlite/migrate.ts";
import type { World } from "./world.ts";

/** What one request's work is given. */
export interface Door {
  readonly request: HttpRequest;
  readonly world: World;
  /** The store's format that this code was built for. */
  readonly format: number;
  /** What it has committed so far (null until then), and what is to follow from that. */
  readonly made: { revision: number | null; onCommit: OnCommit };
}

export type Answer = HttpReply | Refusal;
export type Work = (door: Door) => Answer;

/** Thrown by a read that meets a store older than this code; the door brings it up to date. */
export class StoreBehind extends Error {}

export function isRefusal(answer: Answer): answer is Refusal {
  return "ok" in answer;
}

/** Runs the work of one request to a reply. Never throws. */
export function answer(
  work: Work,
  migrations: readonly Migration[],
): (request: HttpRequest, world: World) => HttpReply {
  const format = migrations.at(-1)?.version ?? 0;
  return (request, world) => {
    const door: Door = { request, world, format, made: { revision: null, onCommit: "off" } };
    const result = attempt(work, door, migrations);
    const reply = isRefusal(result) ? problem(result, world) : result;
    return request.method === "HEAD" ? { ...reply, body: "" } : reply;
  };
}

function attempt(work: Work, door: Door, migrations: readonly Migration[]): Answer {
  if (door.request.uri.length > URI_BYTES_MAX) {
    return refuse(
      "uri_too_long",
      `An address has at most ${URI_BYTES_MAX} bytes; POST /v1/commit takes long keys in its body.`,
    );
  }
  try {
    return work(door);
  } catch (error) {
    if (!isBehind(error)) return failed(error, door);
  }
  try {
    const made = migrate(door.world.db, migrations);
    return made.ok ? work(door) : storeNewer(made.format, door.format);
  } catch (error) {
    return failed(error, door);
  }
}

export function storeNewer(found: number, known: number): Refusal<"store_newer"> {
  return refuse(
    "store_newer",
    `The store has format ${found} and this Ledge knows ${known}. Start the newer one.`,
  );
}

function isBehind(error: unknown): boolean {
  return error instanceof StoreBehind || (error instanceof StoreFault && faultKind(error) === "no_table");
}

/** A fault of the store by what the caller can do; anything else is a bug. */
function failed(error: unknown, { request, world }: Door): Refusal {
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

function isWrite(request: HttpRequest): boolean {
  return request.method !== "GET" && request.method !== "HEAD";
}

/** The id stands in the answer and, for what is not the caller's doing, in the log. */
function problem(refusal: Refusal, world: World): HttpReply {
  const instance = formatHex(world.randomBytes(8));
  const reply = problemReply(refusal, instance);
  if (reply.status >= 500) world.log("request.refused", { instance, code: refusal.code });
  return reply;
}
