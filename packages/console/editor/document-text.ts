/**
 * A document's bytes as a text to edit, and back. Promise: what is not edited keeps its bytes. Line ends, a byte order mark and
 * JSON on one line come back as they were.
 */
import { documentText, isJsonText, lineEndOf, readableText } from "../parts/text.ts";

/** What a new document begins with, and where the cursor then stands. */
export const NEW_JSON = { text: "{\n  \n}\n", cursor: 4 };

export interface TextForm {
  /** Every line ends in `\r\n`. */
  readonly crlf?: boolean | undefined;
  /** It is JSON on one line, which the editor shows laid out. */
  readonly oneLine?: boolean | undefined;
  /** How that line ends. */
  readonly end?: string | undefined;
}

export interface EditedText {
  readonly text: string;
  readonly form: TextForm;
}

/** Undefined for bytes that are no text. */
export function openText(bytes: Uint8Array, mediaType: string): EditedText | undefined {
  const stored = documentText(bytes);
  if (stored === undefined) return undefined;
  const laid = readableText(stored, mediaType);
  if (laid !== stored) return { text: laid, form: { oneLine: true, end: lineEndOf(stored) } };
  const crlf = stored.includes("\r\n") && !/[^\r]\n|^\n/.test(stored);
  return { text: crlf ? stored.replaceAll("\r\n", "\n") : stored, form: { crlf } };
}

/** `original`: the bytes that it was opened from, which stay where nothing was edited. */
export function closeText(
  { text, form }: EditedText,
  { mediaType, original }: { mediaType: string; original?: Uint8Array | undefined },
): Uint8Array {
  if (original !== undefined && openText(original, mediaType)?.text === text) return original;
  const written = form.crlf ? text.replaceAll("\n", "\r\n") : text;
  const kept = form.oneLine && isJsonText(mediaType) ? onOneLine(written, form.end) : written;
  return new TextEncoder().encode(kept);
}

/** Without the white space between its parts. What is no JSON stays as it is. */
function onOneLine(text: string, end = ""): string {
  try {
    JSON.parse(text);
  } catch {
    return text;
  }
  return text.replace(/("(?:\\.|[^"\\])*")|\s+/g, (_, quoted = "") => quoted) + end;
}

/** Half of a character, which no bytes can say: where the first stands, or undefined. */
export function halfCharacterIn(text: string): number | undefined {
  return /\p{Surrogate}/u.exec(text)?.index;
}

export function sameBytes(left: Uint8Array, right: Uint8Array): boolean {
  return left.length === right.length && left.every((one, at) => one === right[at]);
}
