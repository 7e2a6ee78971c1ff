/**
 * Sealed cursors: those of lists, which go on at a past state. Promise: one is good for the caller that it was given
 * to, for an hour, and for nothing that was not given. Whoever holds one can read it: it names what was shown.
 */
import { hmac } from "@noble/hashes/hmac.js";
import { sha256 } from "@noble/hashes/sha2.js";
import { concatBytes } from "@noble/hashes/utils.js";
import { decodeAddressSafe, encodeAddressSafe } from "./base64.ts";
import { type Cursor, judgeCursor, readCursorParts } from "./cursor.ts";
import { equalDigests, formatHex } from "./hex.ts";
import { type Outcome, refuse } from "./refusal.ts";
import { decodeUtf8, encodeUtf8 } from "./utf8.ts";

export const CURSOR_MS = 3_600_000;
const MAC_BYTES = 16;

export interface CursorSeal {
  /** 32 random bytes of this store. */
  readonly key: Uint8Array;
  /** The accessor of the caller; null for somebody without a token. */
  readonly accessor: string | null;
  readonly nowMs: number;
}

export function sealCursor({ kind, lineage, revision, filter, after }: Cursor, seal: CursorSeal): string {
  const parts = [kind, lineage, revision, filter, after, seal.accessor ?? "", seal.nowMs];
  const payload = encodeUtf8(JSON.stringify(parts));
  return encodeAddressSafe(concatBytes(macOf(seal.key, payload), payload));
}

/** Refuses `bad_cursor`: not made by this store, for somebody else, too old, of another route or filter. */
export function openCursor(
  text: string,
  expected: Pick<Cursor, "kind" | "filter">,
  seal: CursorSeal,
): Outcome<Cursor, "bad_cursor"> {
  const bytes = decodeAddressSafe(text) ?? new Uint8Array(0);
  const payload = bytes.subarray(MAC_BYTES);
  if (!equalDigests(formatHex(bytes.subarray(0, MAC_BYTES)), formatHex(macOf(seal.key, payload))))
    return refuse("bad_cursor", "That is not a cursor of this store. Begin again without one.");
  const parts: unknown[] = JSON.parse(decodeUtf8(payload) ?? "[]");
  const [accessor, madeMs] = parts.splice(5);
  const cursor = judgeCursor(readCursorParts(parts), expected);
  if (!cursor.ok) return cursor;
  if (accessor !== (seal.accessor ?? ""))
    return refuse("bad_cursor", "The cursor was given to another caller. Begin again without one.");
  if (Math.abs(seal.nowMs - Number(madeMs)) > CURSOR_MS)
    return refuse("bad_cursor", "A cursor is good for an hour. Begin again without one.");
  return cursor;
}

function macOf(key: Uint8Array, payload: Uint8Array): Uint8Array {
  return hmac(sha256, key, payload).subarray(0, MAC_BYTES);
}
