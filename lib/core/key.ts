/**
 * Keys: what a document is called inside its namespace. Promise: bytes decide; nothing is folded, normalised
 * or collapsed. A key in a path is decoded once, and paths that browsers and proxies rewrite are refused.
 */
import { NOT_IN_KEYS } from "./characters.ts";
import { accept, type Outcome, refuse } from "./refusal.ts";
import { REFUSAL_DETAILS } from "./refusal-details.ts";
import { utf8Length } from "./utf8.ts";

export const KEY_BYTES_MAX = 1024;

const PLAIN = /^[ -~]{1,1024}$/;

/** Judges a key as given. Refuses `bad_key`. */
export function judgeKey(key: string): Outcome<string, "bad_key"> {
  if (PLAIN.test(key)) return accept(key);
  if (key === "") return refuse("bad_key", "A key has at least one byte.");
  if (NOT_IN_KEYS.test(key)) {
    return refuse("bad_key", "A key holds no control characters, lone surrogates or noncharacters.");
  }
  const size = utf8Length(key);
  if (size > KEY_BYTES_MAX) {
    return refuse("bad_key", `A key has at most ${KEY_BYTES_MAX} bytes of UTF-8; this one has ${size}.`);
  }
  return accept(key);
}

/** The key in the rest of a path, still percent-encoded and without its first slash. */
export function parsePathKey(rest: string): Outcome<string, "bad_path" | "bad_key"> {
  if (rest.includes("\\")) return badPath("a backslash");
  let key: string;
  try {
    key = decodeURIComponent(rest);
  } catch {
    return refuse("bad_path", REFUSAL_DETAILS.bad_path);
  }
  for (const segment of key.split("/")) {
    if (segment === "") return badPath("an empty segment or a final slash");
    if (segment === "." || segment === "..") return badPath("a segment of dots");
  }
  return judgeKey(key);
}

function badPath(what: string): Outcome<never, "bad_path"> {
  return refuse(
    "bad_path",
    `A path with ${what} is rewritten by browsers and proxies. Name the key exactly with ?key= instead.`,
  );
}
