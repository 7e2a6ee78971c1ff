/**
 * The headers a route looks at, picked in one pass. Promise: a single-valued header given twice and a
 * `Ledge-*` header that the route does not know are refused by name; all others are left alone.
 */
import type { HttpRequest } from "./http.ts";
import { accept, type Outcome, refuse } from "./refusal.ts";

export type Headers = Readonly<Record<string, string | undefined>>;

/** Fields that are lists: given twice, they are one longer list (RFC 9110 section 5.3). */
const LISTS = ["if-match", "if-none-match"];

export function pickHeaders(
  request: HttpRequest,
  wanted: readonly string[],
): Outcome<Headers, "bad_header" | "unknown_parameter"> {
  const values: Record<string, string | undefined> = {};
  for (const [name, value] of request.headers) {
    if (!wanted.includes(name)) {
      if (name.startsWith("ledge-")) {
        return refuse("unknown_parameter", `The header ${name.slice(0, 64)} is not known here.`);
      }
      continue;
    }
    const before = values[name];
    if (before === undefined) values[name] = value.trim();
    else if (LISTS.includes(name)) values[name] = `${before}, ${value.trim()}`;
    else return refuse("bad_header", `The header ${name} is given twice.`);
  }
  return accept(values);
}

/** A whole number in a header. */
export function integerHeader(headers: Headers, name: string): Outcome<number | undefined, "bad_header"> {
  const text = headers[name];
  if (text === undefined) return accept(undefined);
  const value = /^(0|[1-9][0-9]{0,15})$/.test(text) ? Number(text) : Number.NaN;
  return Number.isSafeInteger(value)
    ? accept(value)
    : refuse("bad_header", `The header ${name} is a whole number.`);
}
