/**
 * The console's session: a cookie that carries a token, and the requests in which it counts. Promise: a page of another
 * origin can send none of them, so the cookie gives it nothing (RFC 6265bis, section 8.8; Fetch Metadata).
 */
type Headers = readonly (readonly [string, string])[];

/** Its value is a token as the API takes it. */
export const SESSION_COOKIE = "ledge_session";

/** The console's pages send it with everything, and no page of another origin may. */
export const CONSOLE_HEADER = "ledge-console";

/**
 * Whether the console's own page sent this: with the header that no other origin may send, and by the browser's own word
 * for where it comes from. Without Sec-Fetch-Site (a server without TLS) the Origin says it, which GET lacks there.
 */
export function isFromConsole(headers: Headers): boolean {
  const sent = new Map(headers);
  if (sent.get(CONSOLE_HEADER) !== "1") return false;
  const site = sent.get("sec-fetch-site");
  if (site !== undefined) return site === "same-origin";
  const host = sent.get("host");
  return host !== undefined && /^https?:\/\/(.*)$/.exec(sent.get("origin") ?? "")?.[1] === host;
}

/** The text of the token that a request's session carries; undefined where there is none, or where it does not count. */
export function sessionToken(headers: Headers): string | undefined {
  for (const [name, value] of headers) {
    const found = name === "cookie" ? /(?:^|; *)ledge_session=([^;]*)/.exec(value)?.[1] : undefined;
    if (found !== undefined) return isFromConsole(headers) ? found : undefined;
  }
  return undefined;
}
