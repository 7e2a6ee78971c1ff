/**
 * The headers a route looks at, picked in one pass. Promise: a single-valued header given twice, a `Ledge-*` header that
 * the route does not know, and a condition on a write that takes none are refused by name; all others are left alone.
 */
import { CONSOLE_HEADER } from "./console-session.ts";
import type { HttpRequest } from "./http.ts";
import { accept, type Outcome, refuse } from "./refusal.ts";
import { givenTwice } from "./refusal-details.ts";

export type Headers = Readonly<Record<string, string | undefined>>;

/** Fields that are lists: given twice, they are one longer list (RFC 9110 section 5.3). */
const LISTS = ["if-match", "if-none-match"];

/** What makes a write depend on something. Left out in silence, it would be done without. */
const CONDITIONS = ["if-match", "if-none-match", "if-unmodified-since", "idempotency-key"];

/** Not `strict`: a second pass, after one that has refused what is unknown. */
export function pickHeaders(
  request: HttpRequest,
  wanted: readonly string[],
  { strict }: { strict: boolean } = { strict: true },
): Outcome<Headers, "bad_header" | "unknown_parameter"> {
  const values: Record<string, string | undefined> = {};
  const writes = request.method !== "GET" && request.method !== "HEAD";
  for (const [name, value] of request.headers) {
    if (!wanted.includes(name)) {
      if (
        strict &&
        ((name.startsWith("ledge-") && name !== CONSOLE_HEADER) || (writes && CONDITIONS.includes(name)))
      ) {
        return refuse("unknown_parameter", `The header ${name.slice(0, 64)} is not known here.`);
      }
      continue;
    }
    const before = values[name];
    if (before === undefined) values[name] = trimOws(value);
    else if (LISTS.includes(name)) values[name] = `${before}, ${trimOws(value)}`;
    else return refuse("bad_header", givenTwice(name));
  }
  return accept(values);
}

/** Without the spaces and tabs around a field's value (RFC 9110 section 5.5); trim() takes U+FEFF and more away. */
export function trimOws(value: string): string {
  return value.replace(/^[ \t]+|[ \t]+$/g, "");
}
