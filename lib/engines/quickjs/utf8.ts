/**
 * Text to UTF-8 bytes where there is no TextEncoder (QuickJS). A loop costs 0.13 microseconds a byte there,
 * so a long text goes through SQLite, whose `cast` does the same in bulk for one host call.
 */
import type { Db } from "../../store/sqlite/driver.ts";

const ASCII = /^[\0-\x7f]*$/;
/** Above this a host call is cheaper than the loop. */
const LOOP_CHARS_MAX = 4096;

/** The bytes of a text. A lone surrogate becomes U+FFFD, as TextEncoder has it. */
export function utf8Bytes(text: string, db?: Db): Uint8Array {
  if (text.length === 0) return new Uint8Array(0);
  if (db !== undefined && text.length > LOOP_CHARS_MAX && !text.includes("\0")) {
    const cast = db.all("select cast(?1 as blob)", [wellFormed(text)])[0]?.[0];
    if (cast instanceof Uint8Array) return cast;
  }
  const binary = ASCII.test(text) ? text : unescape(encodeURIComponent(wellFormed(text)));
  const bytes = new Uint8Array(binary.length);
  for (let at = 0; at < binary.length; at += 1) bytes[at] = binary.charCodeAt(at);
  return bytes;
}

/** With the `u` flag a surrogate in the pattern matches only one that stands alone. */
function wellFormed(text: string): string {
  return text.replace(/[\ud800-\udfff]/gu, "\ufffd");
}
