/**
 * Encryption of objects: XChaCha20-Poly1305 with a random nonce, the object's whole name as associated data, so
 * that no object can stand in for another. Sealed are gzip'd bytes, and what manifests hash are sealed bytes:
 * a bucket can be checked without the key. The envelope is in docs/snapshot-format.md.
 * Promise: what opens is what was sealed under that name; everything else is told apart, never thrown.
 */
import { xchacha20poly1305 } from "@noble/ciphers/chacha.js";
import { concat, utf8 } from "../bucket/bytes.ts";
import { KEY_ID, type ObjectKeys } from "./key-text.ts";

export interface Cipher {
  /** The id of the key that seals. */
  readonly keyId: string;
  /** The object's bytes as they are stored. `name` is the object's name as manifests have it. */
  seal(name: string, bytes: Uint8Array): Uint8Array<ArrayBuffer>;
  open(name: string, sealed: Uint8Array): Opened;
}

export type Opened =
  | { readonly kind: "opened"; readonly bytes: Uint8Array<ArrayBuffer> }
  /** It says that it was sealed with a key that we do not have. */
  | { readonly kind: "unknown_key"; readonly keyId: string }
  /** It does not begin as a sealed object does; older objects are plain. */
  | { readonly kind: "not_sealed" }
  /** Cut, changed, sealed under another name or with another key of the same id. */
  | { readonly kind: "damaged" };

const MAGIC = Uint8Array.of(0x4c, 0x44, 0x47, 0x45, 1);
const NONCE_BYTES = 24;
const TAG_BYTES = 16;

/** Seals with the first key, opens with all. `randomBytes` gives the nonces. */
export function openCipher(keys: ObjectKeys, randomBytes: (length: number) => Uint8Array): Cipher {
  const [first] = keys;
  return {
    keyId: first.id,
    seal(name, bytes) {
      const nonce = new Uint8Array(randomBytes(NONCE_BYTES));
      const ciphertext = xchacha20poly1305(first.secret, nonce, utf8(name)).encrypt(bytes);
      return concat([MAGIC, Uint8Array.of(first.id.length), utf8(first.id), nonce, ciphertext]);
    },
    open(name, sealed) {
      if (!isSealed(sealed)) return { kind: "not_sealed" };
      const keyId = sealedWith(sealed);
      if (keyId === undefined) return { kind: "damaged" };
      const key = keys.find(({ id }) => id === keyId);
      if (key === undefined) return { kind: "unknown_key", keyId };
      const nonceAt = MAGIC.length + 1 + keyId.length;
      const nonce = sealed.subarray(nonceAt, nonceAt + NONCE_BYTES);
      const ciphertext = sealed.subarray(nonceAt + NONCE_BYTES);
      if (ciphertext.length < TAG_BYTES) return { kind: "damaged" };
      try {
        const bytes = xchacha20poly1305(key.secret, nonce, utf8(name)).decrypt(ciphertext);
        return { kind: "opened", bytes: new Uint8Array(bytes) };
      } catch {
        // Of a whole envelope with a key of 32 bytes only the tag can be wrong.
        return { kind: "damaged" };
      }
    },
  };
}

/** Whether bytes begin as a sealed object does. Gzip and JSON do not. */
export function isSealed(bytes: Uint8Array): boolean {
  return MAGIC.every((byte, at) => bytes[at] === byte);
}

/** The id of the key that an object was sealed with, which needs no key; undefined when there is none to read. */
export function sealedWith(sealed: Uint8Array): string | undefined {
  if (!isSealed(sealed)) return undefined;
  const length = sealed[MAGIC.length] ?? 0;
  const id = String.fromCharCode(...sealed.subarray(MAGIC.length + 1, MAGIC.length + 1 + length));
  return id.length === length && KEY_ID.test(id) ? id : undefined;
}
