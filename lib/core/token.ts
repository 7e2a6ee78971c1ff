/**
 * Tokens: `ldg_<accessor>_<secret><check>`, and the document that stands for one. What is stored and sent
 * is the SHA-256 of the 43 ASCII characters of the secret (one block: two cost half as much again in the
 * guest). "Expired" means `expiresMs <= nowMs`.
 */
import { type Grant, isGrant, isRoot, VERBS } from "./grant.ts";
import { parseObject } from "./json-object.ts";
import { ACCESSOR_PATTERN, SHA256_PATTERN } from "./patterns.ts";
import { remembering } from "./remembering.ts";
import { sha256OfText } from "./sha256.ts";

export const TOKEN_SECRET_LENGTH = 43;
/** How long a recovery token lives. */
export const RECOVERY_MS = 3_600_000;

export interface ParsedToken {
  readonly accessor: string;
  readonly secret: string;
}

/** A token's document in `_auth`, under `token/<accessor>`: exactly these members, in this order. */
export interface TokenDocument {
  readonly name: string;
  readonly digest: string;
  readonly grants: readonly Grant[];
  readonly expiresMs: number | null;
  readonly createdMs: number;
  /** Accessor of the giver, `_bootstrap`, `_restore`, `_reset` or `_recovery`. */
  readonly creator: string;
  readonly revokedMs: number | null;
}

/** The document of a token that may do everything, everywhere, without an end. */
export function rootDocument(
  { name, digest }: { readonly name: string; readonly digest: string },
  { creator, nowMs }: { readonly creator: string; readonly nowMs: number },
): TokenDocument {
  return {
    name,
    digest,
    grants: [{ verbs: VERBS, namespace: "*", scope: "" }],
    expiresMs: null,
    createdMs: nowMs,
    creator,
    revokedMs: null,
  };
}

const ACCESSOR = new RegExp(ACCESSOR_PATTERN);
const SHA256 = new RegExp(SHA256_PATTERN);
const TOKEN = /^ldg_([a-z2-7]{12})_([0-9A-Za-z]{43})([0-9A-Za-z]{6})$/;
const BASE62 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
const BASE32 = "abcdefghijklmnopqrstuvwxyz234567";

/** A token as text; undefined when it is not one of ours or its check does not fit. */
export function parseToken(text: string): ParsedToken | undefined {
  const match = TOKEN.exec(text);
  if (match === null) return undefined;
  const [, accessor = "", secret = "", check] = match;
  return checkOf(accessor, secret) === check ? { accessor, secret } : undefined;
}

export function formatToken(token: ParsedToken): string {
  return `ldg_${token.accessor}_${token.secret}${checkOf(token.accessor, token.secret)}`;
}

/** Makes a token from fresh random bytes: at least 12 for the accessor and 64 for the secret are drawn. */
export function newToken(randomBytes: (length: number) => Uint8Array): ParsedToken {
  return { accessor: draw(randomBytes, BASE32, 12), secret: draw(randomBytes, BASE62, TOKEN_SECRET_LENGTH) };
}

/** Lower-case hex SHA-256 of the secret's ASCII characters. */
export function secretDigest(secret: string): string {
  return sha256OfText(secret);
}

export function isAccessor(text: string): boolean {
  return ACCESSOR.test(text);
}

export function tokenKey(accessor: string): string {
  return `token/${accessor}`;
}

/** "Expired" at exactly this millisecond and after. */
export function isExpired(expiresMs: number | null, nowMs: number): boolean {
  return expiresMs !== null && expiresMs <= nowMs;
}

/** Whether it works: neither revoked nor expired. */
export function isLive({ revokedMs, expiresMs }: TokenDocument, nowMs: number): boolean {
  return revokedMs === null && !isExpired(expiresMs, nowMs);
}

export function isLiveRoot(token: TokenDocument, nowMs: number): boolean {
  return isLive(token, nowMs) && isRoot(token.grants);
}

/** Made with the recovery secret. No other token can name that giver. */
export function isOfRecovery({ creator }: TokenDocument): boolean {
  return creator === "_recovery";
}

const TOKEN_MEMBERS = ["name", "digest", "grants", "expiresMs", "createdMs", "creator", "revokedMs"];
const NAME_CHARACTERS_MAX = 200;
const GRANTS_MAX = 100;

/** A token's document by its JSON text; undefined for anything that is not exactly one. */
export function parseTokenDocument(json: string): TokenDocument | undefined {
  const token = parseObject(json, TOKEN_MEMBERS);
  if (token === undefined) return undefined;
  const { name, digest, grants, expiresMs, createdMs, creator, revokedMs } = token;
  const isMoment = (value: unknown) => value === null || Number.isSafeInteger(value);
  const fits =
    typeof name === "string" &&
    name.length > 0 &&
    name.length <= NAME_CHARACTERS_MAX &&
    !name.startsWith("_") &&
    typeof digest === "string" &&
    SHA256.test(digest) &&
    typeof creator === "string" &&
    Number.isSafeInteger(createdMs) &&
    isMoment(expiresMs) &&
    isMoment(revokedMs) &&
    Array.isArray(grants) &&
    grants.length > 0 &&
    grants.length <= GRANTS_MAX &&
    grants.every(isGrant);
  return fits ? JSON.parse(json) : undefined;
}

/** A token by the JSON text of its document in the store, whose shape was judged with the commit that wrote it. */
export const tokenOf = remembering((json): TokenDocument => JSON.parse(json));

/** Draws letters without bias: bytes past the last whole multiple of the alphabet are thrown away. */
function draw(randomBytes: (length: number) => Uint8Array, alphabet: string, length: number): string {
  const limit = 256 - (256 % alphabet.length);
  let text = "";
  while (text.length < length) {
    for (const byte of randomBytes(length)) {
      if (byte < limit && text.length < length) text += alphabet.charAt(byte % alphabet.length);
    }
  }
  return text;
}

const CRC_TABLE = Array.from({ length: 256 }, (_, index) => {
  let value = index;
  for (let bit = 0; bit < 8; bit += 1) value = value & 1 ? (value >>> 1) ^ 0xedb88320 : value >>> 1;
  return value >>> 0;
});

/** Six base62 digits, most significant first, of the CRC-32 (IEEE) of `<accessor>_<secret>`. */
function checkOf(accessor: string, secret: string): string {
  const text = `${accessor}_${secret}`;
  let crc = 0xffffffff;
  for (let at = 0; at < text.length; at += 1) {
    crc = (crc >>> 8) ^ (CRC_TABLE[(crc ^ text.charCodeAt(at)) & 0xff] ?? 0);
  }
  let value = (crc ^ 0xffffffff) >>> 0;
  let check = "";
  for (let digit = 0; digit < 6; digit += 1) {
    check = BASE62.charAt(value % 62) + check;
    value = Math.floor(value / 62);
  }
  return check;
}
