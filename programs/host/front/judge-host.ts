/** Which host a request may name: a page elsewhere must not reach a server on loopback by a name of its own. */
import type { IncomingMessage } from "node:http";
import { type Refusal, refuse } from "../../../lib/core/refusal.ts";
import { givenTwice } from "../../../lib/core/refusal-details.ts";

/**
 * A request names one host (RFC 9112 section 3.2), and on loopback one of ours, against DNS rebinding. The host of an
 * absolute target stands in place of `Host` (section 3.2.2).
 */
export function judgeHost(
  options: { readonly host: string; readonly allowHosts: readonly string[] },
  { rawHeaders, url = "", httpVersion }: IncomingMessage,
): Refusal | undefined {
  const hosts: string[] = [];
  for (let at = 0; at < rawHeaders.length; at += 2)
    if (rawHeaders[at]?.toLowerCase() === "host") hosts.push(rawHeaders[at + 1] ?? "");
  if (hosts.length > 1) return refuse("bad_header", givenTwice("host"));
  if (hosts.length === 0 && httpVersion === "1.1")
    return refuse("bad_header", "A request of HTTP/1.1 names its Host.");
  if (!isLoopback(options.host)) return undefined;
  const name = (authorityOf(url) ?? hosts[0] ?? "")
    .replace(/:\d*$/, "")
    .replace(/^\[|\]$/g, "")
    .toLowerCase();
  if (isLoopback(name) || options.allowHosts.some((allowed) => allowed.toLowerCase() === name))
    return undefined;
  return refuse(
    "wrong_host",
    `This server listens on loopback and does not answer for ${name || "a request without a Host"}; --allow-host names more.`,
  );
}

/** Host and port of an absolute target; undefined for a path. */
function authorityOf(url: string): string | undefined {
  return /^https?:\/\/([^/?#]*)/i.exec(url)?.[1]?.replace(/^.*@/, "");
}

/** Whether a host name or an address is of this machine alone. */
export function isLoopback(name: string): boolean {
  return (
    name === "localhost" || name.endsWith(".localhost") || name === "::1" || /^127(\.\d{1,3}){3}$/.test(name)
  );
}
