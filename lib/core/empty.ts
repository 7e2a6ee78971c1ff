/** When a document says nothing: no bytes, white space, or an empty JSON value. The one definition of it. */
import { decodeUtf8 } from "./utf8.ts";

const EMPTY = /^\s*(?:\{\s*\}|\[\s*\]|""|null)?\s*$/;
/** White space around it aside, a longer value is not empty: so much of what stands at a key is looked at. */
export const EMPTY_BYTES_MAX = 64;

export function isEmptyText(text: string): boolean {
  return EMPTY.test(text);
}

/** The same of a value of any length: only its white space is walked through. */
export function isEmptyValue(bytes: Uint8Array): boolean {
  let [from, to] = [0, bytes.length];
  while (from < to && isSpace(bytes[from])) from += 1;
  while (to > from && isSpace(bytes[to - 1])) to -= 1;
  if (to - from > EMPTY_BYTES_MAX) return false;
  const text = decodeUtf8(bytes.subarray(from, to));
  return text !== undefined && isEmptyText(text);
}

function isSpace(byte = 0): boolean {
  return byte === 32 || (byte >= 9 && byte <= 13);
}
