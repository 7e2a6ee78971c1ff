/**
 * The headers that Spin adds to a request (trigger-http 4.0.2). They are appended: what a client sent under
 * the same name stays before them, so a guest that needs the true one takes the last.
 */
import type { GuestRequest, OutboundRequest } from "../pool/protocol.ts";

export interface RouteMatch {
  /** As it stands in the manifest, `/v1/read/...`. */
  readonly route: string;
  /** What `...` stood for, with its leading slash; empty without a wildcard. */
  readonly pathInfo: string;
  readonly params: readonly (readonly [string, string])[];
}

/** Name, value, name, value. */
export function spinHeaders(match: RouteMatch, fullUrl: string, clientAddress: string): string[] {
  const bare = match.route.replace(/\/(\.\.\.|\*)$/, "");
  const headers = [
    "spin-path-info",
    match.pathInfo,
    "spin-full-url",
    fullUrl,
    "spin-matched-route",
    match.route,
    "spin-base-path",
    "/",
    "spin-raw-component-route",
    match.route,
    "spin-component-route",
    bare,
    "spin-client-addr",
    clientAddress,
  ];
  for (const [name, value] of match.params) {
    headers.push(`spin-path-match-${name.toLowerCase().replaceAll("_", "-")}`, value);
  }
  return headers;
}

/** A call from one component to another: a match on `/...`, and no client. */
export function chainedRequest(request: OutboundRequest): GuestRequest {
  const url = new URL(request.url);
  const match = { route: "/...", pathInfo: url.pathname, params: [] };
  const own = request.headers.flatMap((part, at) => (at % 2 === 0 ? [part.toLowerCase()] : [part]));
  const headers = [...own, "host", url.host, ...spinHeaders(match, url.href, "0.0.0.0:0")];
  return { method: request.method, uri: `${url.pathname}${url.search}`, headers, body: request.body };
}
