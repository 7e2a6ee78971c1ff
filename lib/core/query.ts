/**
 * Paths and query strings as sent. Promise: strict percent-encoded UTF-8, and every parameter that is not
 * asked for, or given twice, is refused by name.
 */
import { accept, type Outcome, refuse } from "./refusal.ts";

export const URI_BYTES_MAX = 8192;

export type QueryRefusal = "bad_parameter" | "unknown_parameter";
export type Query = ReadonlyMap<string, string>;

const EMPTY: Query = new Map();

/** The path and the query of a request target, the query without its question mark. */
export function splitTarget(uri: string): { path: string; query: string } {
  const at = uri.indexOf("?");
  return at < 0 ? { path: uri, query: "" } : { path: uri.slice(0, at), query: uri.slice(at + 1) };
}

/** Form-decodes a query string (`+` is a space). Refuses names outside `known` and names given twice. */
export function parseQuery(query: string, known: readonly string[]): Outcome<Query, QueryRefusal> {
  if (query === "") return accept(EMPTY);
  const values = new Map<string, string>();
  for (const part of query.split("&")) {
    if (part === "") continue;
    const at = part.indexOf("=");
    const name = decodeForm(at < 0 ? part : part.slice(0, at));
    const value = decodeForm(at < 0 ? "" : part.slice(at + 1));
    if (name === undefined || value === undefined) {
      return refuse("bad_parameter", "The query is not percent-encoded UTF-8.");
    }
    if (!known.includes(name)) return unknownParameter(name, known);
    if (values.has(name)) return refuse("bad_parameter", `The parameter ${name} is given twice.`);
    values.set(name, value);
  }
  return accept(values);
}

/** A value for the query part of an address. */
export function encodeParameter(value: string): string {
  return encodeURIComponent(value).replace(/%2F/g, "/");
}

function decodeForm(text: string): string | undefined {
  if (!text.includes("%") && !text.includes("+")) return text;
  try {
    return decodeURIComponent(text.replace(/\+/g, " "));
  } catch {
    return undefined;
  }
}

function unknownParameter(name: string, known: readonly string[]): Outcome<never, "unknown_parameter"> {
  const shown = JSON.stringify(name.slice(0, 64));
  const ways = known.length === 0 ? "This route takes none." : `This route takes ${known.join(", ")}.`;
  return refuse("unknown_parameter", `There is no parameter ${shown} here. ${ways}`);
}
