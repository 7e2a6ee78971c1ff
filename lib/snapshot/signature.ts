/**
 * Signatures over manifests: Ed25519 (RFC 8032). Promise: verifying never throws, it is true or false; it takes
 * canonical encodings only, so that one manifest has one signature that counts; and no secret is in any error.
 * A key's id is the first 16 hex digits of the SHA-256 of the public key. In the guest the first key opened costs
 * 270 ms (a table of multiples; made ahead at build time it would add 8.7 MB to the component), a signature 11 ms.
 */
import { getPublicKeyAsync, signAsync, verifyAsync } from "@noble/ed25519";
import { sha256 } from "@noble/hashes/sha2.js";
import { toBase64 } from "../bucket/bytes.ts";
import { decodeBase64 } from "../core/base64.ts";
import { formatHex } from "../core/hex.ts";
import {
  formatSigningSecret,
  formatVerifyKey,
  KEY_BYTES,
  type KeyOutcome,
  MalformedKey,
  parseSigningSecret,
  parseVerifyKey,
} from "./key-text.ts";

export interface Signer {
  /** 16 hex digits. */
  readonly keyId: string;
  /** The signature in base64 with padding. */
  sign(bytes: Uint8Array<ArrayBuffer>): Promise<string>;
}

export interface Verifier {
  /** The keys that are trusted, in the order they were given. */
  readonly keyIds: readonly string[];
  /** False for a key that is not trusted, for a malformed signature and for one that does not fit. */
  verify(keyId: string, signature: string, bytes: Uint8Array<ArrayBuffer>): Promise<boolean>;
}

const SIGNATURE_BYTES = 64;

/** A signer for a text `ledge-sign-1:…`. Throws MalformedKey; `parseSigningSecret` asks beforehand. */
export async function openSigner(secretText: string): Promise<Signer> {
  const seed = required(parseSigningSecret(secretText));
  const keyId = keyIdOf(await getPublicKeyAsync(seed));
  return { keyId, sign: async (bytes) => toBase64(await signAsync(bytes, seed)) };
}

/** A verifier for texts `ledge-verify-1:…`. Throws MalformedKey; `parseVerifyKey` asks beforehand. */
export function openVerifier(publicTexts: readonly string[]): Verifier {
  const keys = new Map<string, Uint8Array<ArrayBuffer>>();
  for (const text of publicTexts) {
    const key = required(parseVerifyKey(text));
    keys.set(keyIdOf(key), key);
  }
  return {
    keyIds: [...keys.keys()],
    async verify(keyId, signature, bytes) {
      const key = keys.get(keyId);
      const signed = decodeBase64(signature);
      if (key === undefined || signed?.length !== SIGNATURE_BYTES) return false;
      // Not ZIP 215, which lets several encodings of one point and of one signature through.
      return verifyAsync(signed, bytes, key, { zip215: false });
    },
  };
}

/** A fresh pair. The secret signs; the public text is what others trust. */
export async function newSigningKey(
  randomBytes: (length: number) => Uint8Array,
): Promise<{ readonly secret: string; readonly public: string; readonly keyId: string }> {
  const seed = new Uint8Array(randomBytes(KEY_BYTES));
  const publicKey = await getPublicKeyAsync(seed);
  return {
    secret: formatSigningSecret(seed),
    public: formatVerifyKey(publicKey),
    keyId: keyIdOf(publicKey),
  };
}

function keyIdOf(publicKey: Uint8Array): string {
  return formatHex(sha256(publicKey)).slice(0, 16);
}

function required<T>(outcome: KeyOutcome<T>): T {
  if (!outcome.ok) throw new MalformedKey(outcome.detail);
  return outcome.value;
}
