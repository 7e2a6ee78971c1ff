/**
 * Which token a request carries, for what the host keeps about tokens: how often they read, when they were used, which
 * was denied. As the components have it (lib/http/caller.ts): Authorization counts, and only without one the console's
 * session. Promise: nothing is judged here; a text may be no token at all.
 */
import type { IncomingMessage } from "node:http";
import { sessionToken } from "../../../lib/core/console-session.ts";
import { parseToken } from "../../../lib/core/token.ts";

type Carrier = Pick<IncomingMessage, "headers" | "rawHeaders">;

/** However its header is written, which has room for many spellings of one token. Undefined where there is none. */
export function carriedToken(incoming: Carrier): string | undefined {
  const { authorization, cookie } = incoming.headers;
  if (authorization !== undefined) return bearerOf(authorization);
  return cookie === undefined ? undefined : sessionToken(headersOf(incoming));
}

/** Of a token whose check fits: what is made up has none. */
export function accessorIn(token: string | undefined): string | undefined {
  return parseToken(token ?? "")?.accessor;
}

/** Of another scheme all of it: it is counted as a wrong token. */
function bearerOf(authorization: string): string {
  return authorization.replace(/^bearer +/i, "").trim();
}

function headersOf({ rawHeaders }: Carrier): [string, string][] {
  const headers: [string, string][] = [];
  for (let at = 0; at < rawHeaders.length; at += 2)
    headers.push([(rawHeaders[at] ?? "").toLowerCase(), rawHeaders[at + 1] ?? ""]);
  return headers;
}
