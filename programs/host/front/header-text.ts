/**
 * Header values between the wire and guests. Node reads and writes a header byte for byte as Latin-1; guests
 * see UTF-8 text.
 */

const BEYOND_ASCII = /[^\0-\x7f]/;
const strict = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** Text to what Node's HTTP takes. */
export function wireText(text: string): string {
  return BEYOND_ASCII.test(text) ? Buffer.from(text, "utf8").toString("latin1") : text;
}

/** What Node's HTTP gave to text; bytes that are not UTF-8 become U+FFFD. */
export function textFromWire(text: string): string {
  return BEYOND_ASCII.test(text) ? Buffer.from(text, "latin1").toString("utf8") : text;
}

/** The same, or undefined when the bytes are not UTF-8. */
export function strictTextFromWire(text: string): string | undefined {
  if (!BEYOND_ASCII.test(text)) return text;
  try {
    return strict.decode(Buffer.from(text, "latin1"));
  } catch {
    return undefined;
  }
}
