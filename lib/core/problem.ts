/**
 * Problem documents (RFC 9457): the reply to every refusal. Promise: each carries its code, says whether to
 * send the same again, and is never cached. Knows codes, not what led to them.
 */
import { type HttpReply, VARY } from "./http.ts";
import { meaningOf, type Refusal } from "./refusal.ts";

/**
 * How long to wait before trying again, in seconds: what may be tried again as it is, and what has to be mended or to come
 * to its end first (RFC 9110 section 10.2.3).
 */
const RETRY_AFTER_S = { retryable: 1, unavailable: 5 };

/** The reply for a refusal; `instance` is the request's id, which stands in the log too. */
export function problemReply(refusal: Refusal, instance: string): HttpReply {
  const { status, title, retryable } = meaningOf(refusal.code);
  const headers: [string, string][] = [
    ["content-type", "application/problem+json"],
    ["cache-control", "no-store"],
    ["vary", VARY],
    ["x-content-type-options", "nosniff"],
  ];
  if (status === 401) headers.push(["www-authenticate", challenge(refusal)]);
  if (retryable) headers.push(["retry-after", String(RETRY_AFTER_S.retryable)]);
  else if (status === 503) headers.push(["retry-after", String(RETRY_AFTER_S.unavailable)]);
  for (const [name, value] of refusal.headers ?? []) headers.push([name, value]);
  const body = {
    type: `/problems/${refusal.code}`,
    title,
    status,
    code: refusal.code,
    detail: refusal.detail,
    instance,
    retryable,
    ...refusal.members,
    ...(refusal.errors === undefined ? {} : { errors: refusal.errors }),
  };
  return { status, headers, body: JSON.stringify(body) };
}

/** RFC 6750 section 3: no error attribute when the request carried no token at all. */
function challenge(refusal: Refusal): string {
  return refusal.code === "unauthenticated"
    ? 'Bearer realm="ledge"'
    : 'Bearer realm="ledge", error="invalid_token"';
}
