/** A request as a component sees it: what came from the network, and what Spin adds. */
import type { IncomingMessage } from "node:http";
import { type Refusal, refuse } from "../../../lib/core/refusal.ts";
import { WAITING_HEADERS } from "../parking/headers.ts";
import type { GuestRequest } from "../pool/protocol.ts";
import { strictTextFromWire } from "./header-text.ts";
import { type RouteMatch, spinHeaders } from "./spin-headers.ts";

/** What Spin hands to components; and RFC 9110's OPTIONS, which tells what a path takes. */
export const METHODS: ReadonlySet<string> = new Set([
  "GET",
  "HEAD",
  "POST",
  "PUT",
  "DELETE",
  "PATCH",
  "OPTIONS",
]);

/**
 * The request for the component of a route; a refusal when a header's value is no text. Another method is asked for as
 * OPTIONS: no component knows it, and only the component knows what the path takes.
 */
export function guestRequest(
  incoming: IncomingMessage,
  { uri, match, body }: { readonly uri: string; readonly match: RouteMatch; readonly body: Uint8Array },
): GuestRequest | Refusal<"bad_header"> {
  const headers = guestHeaders(incoming);
  if ("code" in headers) return headers;
  const { remoteAddress, remotePort } = incoming.socket;
  const fullUrl = `http://${incoming.headers.host ?? "localhost"}${uri}`;
  headers.push(...spinHeaders(match, fullUrl, clientAddress(remoteAddress, remotePort)));
  const method = incoming.method ?? "GET";
  return { method: METHODS.has(method) ? method : "OPTIONS", uri, headers, body };
}

/** Path and query; an absolute target (as proxies send) loses its origin. */
export function requestTarget(url: string): string {
  if (url.startsWith("/")) return url;
  const absolute = /^https?:\/\/[^/?#]*(.*)$/i.exec(url);
  const target = absolute === null ? url : (absolute[1] ?? "");
  return target.startsWith("/") ? target : `/${target}`;
}

function clientAddress(address: string | undefined, port: number | undefined): string {
  const bare = (address ?? "0.0.0.0").replace(/^::ffff:/, "");
  return bare.includes(":") ? `[${bare}]:${port ?? 0}` : `${bare}:${port ?? 0}`;
}

/**
 * Names in lower case, values as UTF-8; a refusal when one is not. A `*.spin.internal` host is a spoof, and so
 * are the headers between the host and its guests.
 */
function guestHeaders(incoming: IncomingMessage): string[] | Refusal<"bad_header"> {
  const flat: string[] = [];
  for (let at = 0; at < incoming.rawHeaders.length; at += 2) {
    const name = (incoming.rawHeaders[at] ?? "").toLowerCase();
    const value = strictTextFromWire(incoming.rawHeaders[at + 1] ?? "");
    if (value === undefined) return refuse("bad_header", `The header ${name} is not UTF-8.`);
    if (WAITING_HEADERS.has(name)) continue;
    if (name === "host" && /\.spin\.internal(:\d+)?$/i.test(value)) continue;
    flat.push(name, value);
  }
  return flat;
}
