/** The two headers of lib/core/waiting.ts between the host and its guests. No client sends or sees them. */
import {
  formatParked,
  PARK_HEADER,
  PARKED_HEADER,
  type Park,
  parsePark,
  type Waited,
} from "../../../lib/core/waiting.ts";
import type { JobResult } from "../engine.ts";
import type { GuestRequest } from "../pool/protocol.ts";

export const WAITING_HEADERS: ReadonlySet<string> = new Set([PARK_HEADER, PARKED_HEADER]);

/** What an answer asks to wait for; "malformed" when that cannot be read, undefined when it is an answer. */
export function parkOf(result: JobResult): Park | "malformed" | undefined {
  if (result.type !== "reply" || result.reply.status !== 202) return undefined;
  const { headers } = result.reply;
  const at = headers.findIndex((name, index) => index % 2 === 0 && name.toLowerCase() === PARK_HEADER);
  return at < 0 ? undefined : (parsePark(headers[at + 1] ?? "") ?? "malformed");
}

/** The same request, asked again. */
export function askedAgain(request: GuestRequest, waited: Waited): GuestRequest {
  return { ...request, headers: [...request.headers, PARKED_HEADER, formatParked(waited)] };
}
