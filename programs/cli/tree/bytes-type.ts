/** What bytes are that no name describes. */
import { decodeUtf8 } from "../../../lib/core/utf8.ts";
import { isJson } from "../documents/is-json.ts";

/** The media type for bytes that nobody named: JSON where they parse, text where they are UTF-8. */
export function guessType(bytes: Uint8Array): string {
  const text = decodeUtf8(bytes);
  if (text === undefined) return "application/octet-stream";
  return isJson(text) ? "application/json" : "text/plain";
}
