/**
 * Base64 without Web APIs: the standard alphabet for values (RFC 4648 section 4, padding required), the
 * address-safe one without padding for cursors. SQLite inside Spin has neither.
 */

const STANDARD = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
const ADDRESS_SAFE = `${STANDARD.slice(0, 62)}-_`;

const VALUES = new Uint8Array(128).fill(255);
for (let at = 0; at < 64; at += 1) {
  VALUES[STANDARD.charCodeAt(at)] = at;
  VALUES[ADDRESS_SAFE.charCodeAt(at)] = at;
}

/** The bytes of standard base64; undefined for anything that an encoder would not have written. */
export function decodeBase64(text: string): Uint8Array | undefined {
  if (text.length % 4 !== 0 || !/^[A-Za-z0-9+/]*={0,2}$/.test(text)) return undefined;
  const padding = text.endsWith("==") ? 2 : text.endsWith("=") ? 1 : 0;
  return decode(text, text.length - padding);
}

/** The bytes of an address-safe text; undefined for anything that encodeAddressSafe does not write. */
export function decodeAddressSafe(text: string): Uint8Array | undefined {
  return /^[A-Za-z0-9_-]*$/.test(text) && text.length % 4 !== 1 ? decode(text, text.length) : undefined;
}

export function encodeAddressSafe(bytes: Uint8Array): string {
  return encode(bytes, ADDRESS_SAFE);
}

/** Standard base64, with padding. */
export function encodeBase64(bytes: Uint8Array): string {
  return encode(bytes, STANDARD) + "==".slice(0, (3 - (bytes.length % 3)) % 3);
}

function encode(bytes: Uint8Array, alphabet: string): string {
  let text = "";
  for (let at = 0; at < bytes.length; at += 3) {
    const left = bytes.length - at;
    const group = ((bytes[at] ?? 0) << 16) | ((bytes[at + 1] ?? 0) << 8) | (bytes[at + 2] ?? 0);
    text += alphabet.charAt(group >> 18) + alphabet.charAt((group >> 12) & 63);
    if (left > 1) text += alphabet.charAt((group >> 6) & 63);
    if (left > 2) text += alphabet.charAt(group & 63);
  }
  return text;
}

/** `length` characters without padding. Undefined when bits are left over that are not zero. */
function decode(text: string, length: number): Uint8Array | undefined {
  const bytes = new Uint8Array(Math.floor((length * 3) / 4));
  let held = 0;
  let bits = 0;
  let out = 0;
  for (let at = 0; at < length; at += 1) {
    held = ((held << 6) | (VALUES[text.charCodeAt(at)] ?? 0)) & 0xffffff;
    bits += 6;
    if (bits >= 8) {
      bits -= 8;
      bytes[out] = (held >> bits) & 255;
      out += 1;
    }
  }
  return (held & ((1 << bits) - 1)) === 0 ? bytes : undefined;
}
