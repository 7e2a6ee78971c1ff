/** Requests and replies as the front has them, and as handlers do. */
import type { HttpReply, HttpRequest } from "../../lib/core/http.ts";
import {
  formatPark,
  NOT_WAITED,
  PARK_HEADER,
  PARKED_HEADER,
  parseParked,
  type Waited,
} from "../../lib/core/waiting.ts";
import type { AnswerOrPark } from "../../lib/engines/node/ask.ts";
import type { CalledReply } from "../../lib/http/world.ts";
import type { GuestReply, GuestRequest } from "../host/pool/protocol.ts";

const NOTHING = new Uint8Array(0);

/** A request, and how long it has waited where it was parked. */
export function requestOf({ method, uri, headers: flat, body }: GuestRequest): {
  readonly request: HttpRequest;
  readonly waited: Waited;
} {
  const headers: [string, string][] = [];
  let waited = NOT_WAITED;
  for (let at = 0; at < flat.length; at += 2) {
    const [name = "", value = ""] = [flat[at], flat[at + 1]];
    if (name === PARKED_HEADER) waited = parseParked(value) ?? waited;
    else headers.push([name, value]);
  }
  return { request: { method, uri, headers, body }, waited };
}

/** A reply; a wait in the form that the host's parking takes. */
export function guestReplyOf(asked: AnswerOrPark): GuestReply {
  if ("park" in asked) return { status: 202, headers: [PARK_HEADER, formatPark(asked.park)], body: NOTHING };
  return guestReply(asked);
}

export function guestReply({ status, headers, body, sameUntilMs }: HttpReply): GuestReply {
  const flat: string[] = [];
  for (const [name, value] of headers) flat.push(name, value);
  const bytes = typeof body === "string" ? Buffer.from(body) : body;
  return sameUntilMs === undefined
    ? { status, headers: flat, body: bytes }
    : { status, headers: flat, body: bytes, sameUntilMs };
}

export function calledReply({ status, headers, body }: GuestReply): CalledReply {
  return { status, headers: pairsOf(headers), body: body ?? NOTHING };
}

function pairsOf(flat: readonly string[]): (readonly [string, string])[] {
  return flat.flatMap((name, at) => (at % 2 === 0 ? [[name, flat[at + 1] ?? ""] as const] : []));
}
