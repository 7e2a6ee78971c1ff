/**
 * Keys of backups as text: the signing pair and the list of keys that objects are encrypted with. Promise: a
 * malformed one is told by its form and its place, and never by its content. Knows nothing of what keys do.
 */
import { decodeAddressSafe, encodeAddressSafe } from "../core/base64.ts";

/** A key that could be read, or a sentence on what its text should have been. */
export type KeyOutcome<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly detail: string };

/** Thrown where a text must be a key: settings are judged with the parse functions before. */
export class MalformedKey extends Error {
  constructor(detail: string) {
    super(detail);
    this.name = "MalformedKey";
  }
}

/** One key of `backup_encryption_keys`. */
export interface ObjectKey {
  readonly id: string;
  /** 32 bytes. */
  readonly secret: Uint8Array<ArrayBuffer>;
}

/** The first encrypts, all decrypt. */
export type ObjectKeys = readonly [ObjectKey, ...ObjectKey[]];

export const KEY_BYTES = 32;
export const KEY_ID = /^[a-z0-9-]{1,16}$/;
const SIGN = "ledge-sign-1:";
const VERIFY = "ledge-verify-1:";
/** Enough for a rotation a month over a year; each is tried by its id, so more cost nothing but length. */
const OBJECT_KEYS_MAX = 16;

/** `ledge-sign-1:` and the 32-byte seed in address-safe base64. Gives the seed. */
export function parseSigningSecret(text: string): KeyOutcome<Uint8Array<ArrayBuffer>> {
  return parseTagged(text, SIGN, "a signing key");
}

/** `ledge-verify-1:` and the 32-byte public key in address-safe base64. Gives the public key. */
export function parseVerifyKey(text: string): KeyOutcome<Uint8Array<ArrayBuffer>> {
  return parseTagged(text, VERIFY, "a key to verify with");
}

export function formatSigningSecret(seed: Uint8Array): string {
  return SIGN + encodeAddressSafe(seed);
}

export function formatVerifyKey(publicKey: Uint8Array): string {
  return VERIFY + encodeAddressSafe(publicKey);
}

/** `id:<64 hex>,id:<64 hex>`; ids are 1 to 16 of `a-z0-9-`, each once. */
export function parseObjectKeys(text: string): KeyOutcome<ObjectKeys> {
  const keys: ObjectKey[] = [];
  const parts = text.trim().split(",");
  if (parts.length > OBJECT_KEYS_MAX) return malformed(`there are more than ${OBJECT_KEYS_MAX} keys`);
  for (const [index, part] of parts.entries()) {
    const match = /^([a-z0-9-]{1,16}):([0-9a-fA-F]{64})$/.exec(part);
    if (match === null)
      return malformed(`key ${index + 1} is not ID:KEY, an id of a-z0-9- and a key of 64 hex digits`);
    const [, id = "", hex = ""] = match;
    if (keys.some((key) => key.id === id)) return malformed(`the id of key ${index + 1} is given twice`);
    keys.push({ id, secret: bytesOfHex(hex) });
  }
  const [first, ...rest] = keys;
  return first === undefined ? malformed("there is no key") : { ok: true, value: [first, ...rest] };
}

function parseTagged(text: string, tag: string, what: string): KeyOutcome<Uint8Array<ArrayBuffer>> {
  const bare = text.trim();
  const bytes = bare.startsWith(tag) ? decodeAddressSafe(bare.slice(tag.length)) : undefined;
  if (bytes?.length !== KEY_BYTES)
    return malformed(`${what} is ${tag} and ${KEY_BYTES} bytes in address-safe base64`);
  return { ok: true, value: new Uint8Array(bytes) };
}

function bytesOfHex(hex: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from({ length: hex.length / 2 }, (_, at) =>
    Number.parseInt(hex.slice(at * 2, at * 2 + 2), 16),
  );
}

function malformed(detail: string): { readonly ok: false; readonly detail: string } {
  return { ok: false, detail };
}
