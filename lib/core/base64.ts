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
function encodeBase64(bytes: Uint8Array): string {
  return encode(bytes, STANDARD) + "==".slice(0, (3 - (bytes.length % 3)) % 3);
}

/**
 * Standard base64 as its ASCII bytes, for large values: an interpreter makes it in an eighth of the time that it needs for the
 * text, with two looks a group instead of four.
 */
export function base64Bytes(bytes: Uint8Array): Uint8Array {
  const whole = bytes.length - (bytes.length % 3);
  const text = new Uint8Array(4 * Math.ceil(bytes.length / 3));
  const halves = new Uint16Array(text.buffer);
  const pairs = twoAtATime();
  let to = 0;
  for (let at = 0; at < whole; at += 3) {
    const group = ((bytes[at] ?? 0) << 16) | ((bytes[at + 1] ?? 0) << 8) | (bytes[at + 2] ?? 0);
    halves[to] = pairs[group >> 12] ?? 0;
    halves[to + 1] = pairs[group & 4095] ?? 0;
    to += 2;
  }
  const end = encodeBase64(bytes.subarray(whole));
  for (let at = 0; at < end.length; at += 1) text[2 * to + at] = end.charCodeAt(at);
  return text;
}

/** Two characters for each 12 bits, in the order of bytes of this machine; made when they are first asked for. */
function twoAtATime(): Uint16Array {
  if (made !== undefined) return made;
  const text = new Uint8Array(8192);
  for (let pair = 0; pair < 4096; pair += 1) {
    text[2 * pair] = STANDARD.charCodeAt(pair >> 6);
    text[2 * pair + 1] = STANDARD.charCodeAt(pair & 63);
  }
  made = new Uint16Array(text.buffer);
  return made;
}

let made: Uint16Array | undefined;

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
