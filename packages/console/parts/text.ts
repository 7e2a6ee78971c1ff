/** A document's bytes as text, and JSON with a line for each member. */
import { applyEdits, format } from "jsonc-parser";
import { decodeText } from "../../client/document.ts";

/** Longer ones are shown as they are. */
const LAID_OUT_MAX = 1_000_000;

/** Every character of it, a byte order mark among them. Undefined where the bytes are no text. */
export function documentText(bytes: Uint8Array): string | undefined {
  try {
    return decodeText(bytes);
  } catch {
    return undefined;
  }
}

export function isJsonText(mediaType: string): boolean {
  return /^application\/(json|[^;]*\+json)\b/.test(mediaType);
}

/** The end of a text's last line. */
export function lineEndOf(text: string): string {
  return /\r?\n$/.exec(text)?.[0] ?? "";
}

/** JSON on one line is laid out, without touching any literal: numbers keep their digits. Other text is as it is. */
export function readableText(text: string, mediaType: string): string {
  const end = lineEndOf(text);
  const line = text.slice(0, text.length - end.length);
  if (!isJsonText(mediaType) || line.includes("\n") || text.length > LAID_OUT_MAX) return text;
  const laid = applyEdits(line, format(line, undefined, { insertSpaces: true, tabSize: 2, eol: "\n" }));
  return end === "" ? laid : `${laid}\n`;
}
