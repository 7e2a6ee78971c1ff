/**
 * Pages of other origins that may read (CORS: WHATWG Fetch, section 3.2). Promise: only an origin that is named exactly, only
 * GET and HEAD, and never with what a browser sends by itself, such as cookies: a page brings a token of its own, or none.
 */
import type { IncomingMessage, ServerResponse } from "node:http";
import { HEADERS, PARAMETERS } from "../../../lib/api/parameters.ts";
import type { GuestReply } from "../pool/protocol.ts";

/** So long a browser need not ask again; it keeps none for longer than two hours. */
const PREFLIGHT_SECONDS = 7200;

const SENT = ["Authorization", ...headersOfRequests()].join(", ");
const SHOWN = Object.keys(HEADERS).join(", ");

function headersOfRequests(): string[] {
  return [...new Set(Object.values(PARAMETERS).flatMap((one) => (one.in === "header" ? [one.name] : [])))];
}

/** An origin as browsers send it: scheme, host and port, no path. Undefined for anything else, `*` and `null` included. */
export function parseOrigin(text: string): string | undefined {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  // A star would be a host to the parser, and a wish to whoever wrote it.
  const isOrigin = url?.origin === text && /^https?:\/\/[^*]+$/.test(text);
  return isOrigin ? text : undefined;
}

/** For who named something else. */
export const ORIGIN_WORDS =
  "say the exact origin of the page, as a browser sends it: https://console.example, without a path or a last slash";

/** Says on the response that the page which asks may read it, where it may. */
export function letPageRead(
  origins: readonly string[],
  { method, headers: { origin } }: IncomingMessage,
  response: ServerResponse,
): void {
  if (!isAllowed(origins, origin) || (method !== "GET" && method !== "HEAD")) return;
  response.setHeader("access-control-allow-origin", origin);
  response.setHeader("access-control-expose-headers", SHOWN);
  // An answer of the host's own says no Vary; one of a component says more, and goes before.
  response.setHeader("vary", "Origin");
}

/** The answer to a browser that asks what a page of that origin may send; undefined where nothing is told. */
export function preflightReply(
  origins: readonly string[],
  { method, headers }: IncomingMessage,
): GuestReply | undefined {
  const { origin } = headers;
  const asks = method === "OPTIONS" && headers["access-control-request-method"] !== undefined;
  if (!asks || !isAllowed(origins, origin)) return undefined;
  const answered = {
    "access-control-allow-origin": origin,
    "access-control-allow-methods": "GET, HEAD",
    "access-control-allow-headers": SENT,
    "access-control-max-age": String(PREFLIGHT_SECONDS),
    vary: "Origin",
  };
  return { status: 204, headers: Object.entries(answered).flat(), body: undefined };
}

function isAllowed(origins: readonly string[], origin: string | undefined): origin is string {
  return origin !== undefined && origins.includes(origin);
}
