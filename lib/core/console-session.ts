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

/**
 * The text of the token that a request's session carries; undefined where there is none, or where it does not count. Of
 * two different ones none counts: a page of a neighbouring host name can set the other one, and it could come first.
 */
export function sessionToken(headers: Headers): string | undefined {
  let token: string | undefined;
  for (const [name, value] of headers) {
    if (name !== "cookie") continue;
    for (const [, found] of value.matchAll(/(?:^|; *)ledge_session=([^;]*)/g)) {
      if (token !== undefined && token !== found) return undefined;
      token = found;
    }
  }
  return token !== undefined && isFromConsole(headers) ? token : undefined;
}
