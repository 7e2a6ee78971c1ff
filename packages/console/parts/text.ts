/** A document's bytes as text, and JSON with a line for each member. */
import { applyEdits, format } from "jsonc-parser";

const strict = new TextDecoder("utf-8", { fatal: true });
/** Longer ones are shown as they are. */
const LAID_OUT_MAX = 1_000_000;

/** Undefined where the bytes are no text. */
export function documentText(bytes: Uint8Array): string | undefined {
  try {
    return strict.decode(bytes);
  } catch {
    return undefined;
  }
}

export function isJsonText(mediaType: string): boolean {
  return /^application\/(json|[^;]*\+json)\b/.test(mediaType);
}

/** JSON on one line is laid out, without touching any literal: numbers keep their digits. Other text is as it is. */
export function readableText(text: string, mediaType: string): string {
  if (!isJsonText(mediaType) || text.includes("\n") || text.length > LAID_OUT_MAX) return text;
  return applyEdits(text, format(text, undefined, { insertSpaces: true, tabSize: 2, eol: "\n" }));
}
