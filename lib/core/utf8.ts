/**
 * UTF-8 without Web APIs. Promise: strict both ways; overlong forms, surrogates and cut sequences are
 * refused, because TEXT that is not UTF-8 ends the guest on Spin. Bulk operations only, since a byte loop
 * costs 100 ns a byte in QuickJS.
 */

const PIECE = 8192;

/** A text of one character for each byte. */
export function byteText(bytes: Uint8Array): string {
  let latin = "";
  for (let at = 0; at < bytes.length; at += PIECE) {
    latin += Reflect.apply(String.fromCharCode, null, bytes.subarray(at, at + PIECE));
  }
  return latin;
}

/** The text that these bytes are, or undefined when they are not well-formed UTF-8. */
export function decodeUtf8(bytes: Uint8Array): string | undefined {
  const latin = byteText(bytes);
  if (/^[\t\n\r\x20-\x7e]*$/.test(latin)) return latin;
  try {
    return decodeURIComponent(escape(latin));
  } catch {
    // The only thing that throws here is a sequence that is not UTF-8.
    return undefined;
  }
}

/** The bytes of a text; a lone surrogate, which has none, is a bug of the caller and throws. */
export function encodeUtf8(text: string): Uint8Array<ArrayBuffer> {
  const latin = unescape(encodeURIComponent(text));
  const bytes = new Uint8Array(latin.length);
  for (let at = 0; at < latin.length; at += 1) bytes[at] = latin.charCodeAt(at);
  return bytes;
}

/** How many bytes a well-formed text takes. */
export function utf8Length(text: string): number {
  let length = text.length;
  for (let at = 0; at < text.length; at += 1) {
    const unit = text.charCodeAt(at);
    if (unit < 0x80) continue;
    // A surrogate pair is two units and four bytes.
    length += unit < 0x800 || (unit >= 0xd800 && unit <= 0xdfff) ? 1 : 2;
  }
  return length;
}

/** Order by bytes, which is order by code points and not JavaScript's order by units. */
export function compareUtf8(left: string, right: string): number {
  const shorter = Math.min(left.length, right.length);
  for (let at = 0; at < shorter; at += 1) {
    const a = left.charCodeAt(at);
    const b = right.charCodeAt(at);
    if (a !== b) return rank(a) - rank(b);
  }
  return left.length - right.length;
}

/** Surrogates stand for code points above every other unit, though their numbers lie below U+E000. */
function rank(unit: number): number {
  return unit >= 0xd800 && unit <= 0xdfff ? unit + 0x10000 : unit;
}
