/**
 * Sealed cursors: those of lists, which go on at a past state. Promise: one is good for the caller that it was given
 * to, for an hour, and for nothing that was not given; a place that the caller may not know is written so that only
 * the store can read it.
 */
import { hmac } from "@noble/hashes/hmac.js";
import { sha256 } from "@noble/hashes/sha2.js";
import { decodeAddressSafe, encodeAddressSafe } from "./base64.ts";
import { type Cursor, judgeCursor, readCursorParts } from "./cursor.ts";
import { accept, type Outcome, refuse } from "./refusal.ts";
import { decodeUtf8, encodeUtf8 } from "./utf8.ts";

export const CURSOR_MS = 3_600_000;
const MAC_BYTES = 16;
const BLOCK_BYTES = 32;

export interface Seal {
  /** 32 random bytes of this store. */
  readonly key: Uint8Array;
  /** The accessor of the caller; null for somebody without a token. */
  readonly accessor: string | null;
  readonly nowMs: number;
}

/** `hidden`: the place where the page ended is not one that the caller was shown. */
export function sealCursor(cursor: Cursor, seal: Seal, { hidden }: { hidden: boolean }): string {
  const { kind, lineage, revision, filter, after } = cursor;
  const place = hidden ? encodeAddressSafe(hide(seal.key, encodeUtf8(after))) : after;
  const parts = [kind, lineage, revision, filter, place, hidden ? 1 : 0, seal.accessor ?? "", seal.nowMs];
  const payload = encodeUtf8(JSON.stringify(parts));
  return encodeAddressSafe(joined(macOf(seal.key, "cursor", payload), payload));
}

/** Refuses `bad_cursor`: not made by this store, for somebody else, too old, of another route or filter. */
export function openCursor(
  text: string,
  expected: Pick<Cursor, "kind" | "filter">,
  seal: Seal,
): Outcome<Cursor, "bad_cursor"> {
  const bytes = decodeAddressSafe(text) ?? new Uint8Array(0);
  const payload = bytes.subarray(MAC_BYTES);
  if (!equalBytes(bytes.subarray(0, MAC_BYTES), macOf(seal.key, "cursor", payload)))
    return refuse("bad_cursor", "That is not a cursor of this store. Begin again without one.");
  const parts: unknown[] = JSON.parse(decodeUtf8(payload) ?? "[]");
  const [hidden, accessor, madeMs] = parts.splice(5);
  const cursor = judgeCursor(readCursorParts(parts), expected);
  if (!cursor.ok) return cursor;
  if (accessor !== (seal.accessor ?? ""))
    return refuse("bad_cursor", "The cursor was given to another caller. Begin again without one.");
  if (Math.abs(seal.nowMs - Number(madeMs)) > CURSOR_MS)
    return refuse("bad_cursor", "A cursor is good for an hour. Begin again without one.");
  return accept(
    hidden === 1 ? { ...cursor.value, after: shown(seal.key, cursor.value.after) } : cursor.value,
  );
}

/** Encrypts with a stream from the key and a nonce made of the text itself, so that nothing random is needed. */
function hide(key: Uint8Array, plain: Uint8Array): Uint8Array {
  const nonce = macOf(key, "nonce", plain);
  return joined(nonce, streamed(key, nonce, plain));
}

function shown(key: Uint8Array, place: string): string {
  const bytes = decodeAddressSafe(place) ?? new Uint8Array(0);
  return decodeUtf8(streamed(key, bytes.subarray(0, MAC_BYTES), bytes.subarray(MAC_BYTES))) ?? "";
}

function streamed(key: Uint8Array, nonce: Uint8Array, bytes: Uint8Array): Uint8Array {
  const out = new Uint8Array(bytes.length);
  for (let at = 0; at < bytes.length; at += BLOCK_BYTES) {
    const block = hmac(sha256, key, joined(encodeUtf8(`place ${at} `), nonce));
    for (let next = at; next < Math.min(at + BLOCK_BYTES, bytes.length); next += 1)
      out[next] = (bytes[next] ?? 0) ^ (block[next - at] ?? 0);
  }
  return out;
}

function macOf(key: Uint8Array, purpose: "cursor" | "nonce", bytes: Uint8Array): Uint8Array {
  return hmac(sha256, key, joined(encodeUtf8(`${purpose} `), bytes)).subarray(0, MAC_BYTES);
}

function joined(first: Uint8Array, second: Uint8Array): Uint8Array {
  const whole = new Uint8Array(first.length + second.length);
  whole.set(first);
  whole.set(second, first.length);
  return whole;
}

/** Without stopping at the first difference. */
function equalBytes(left: Uint8Array, right: Uint8Array): boolean {
  let difference = left.length ^ right.length;
  for (let at = 0; at < right.length; at += 1) difference |= (left[at] ?? 0) ^ (right[at] ?? 0);
  return difference === 0;
}
