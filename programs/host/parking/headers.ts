/** The headers of lib/core/waiting.ts between the host and its guests. No client sends or sees them. */
import {
  formatParked,
  PARK_HEADER,
  PARKED_HEADER,
  type Park,
  parsePark,
  STREAM_HEADER,
  type Waited,
} from "../../../lib/core/waiting.ts";
import type { JobResult } from "../engine.ts";
import type { GuestReply, GuestRequest } from "../pool/protocol.ts";

export const WAITING_HEADERS: ReadonlySet<string> = new Set([PARK_HEADER, PARKED_HEADER, STREAM_HEADER]);

/** What an answer asks to wait for; "malformed" when that cannot be read, undefined when it is an answer. */
export function parkOf(result: JobResult): Park | "malformed" | undefined {
  if (result.type !== "reply" || result.reply.status !== 202) return undefined;
  const text = headerOf(result.reply, PARK_HEADER);
  return text === undefined ? undefined : (parsePark(text) ?? "malformed");
}

/** What to ask next, where an answer goes on; undefined where it is whole. */
export function nextOf(result: JobResult): string | undefined {
  return result.type === "reply" && result.reply.status === 200
    ? headerOf(result.reply, STREAM_HEADER)
    : undefined;
}

function headerOf({ headers }: GuestReply, wanted: string): string | undefined {
  const at = headers.findIndex((name, index) => index % 2 === 0 && name.toLowerCase() === wanted);
  return at < 0 ? undefined : headers[at + 1];
}

/** The same request, asked again. */
export function askedAgain(request: GuestRequest, waited: Waited): GuestRequest {
  return { ...request, headers: [...request.headers, PARKED_HEADER, formatParked(waited)] };
}
