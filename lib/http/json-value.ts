/**
 * Values against what their media type says: well-formed UTF-8, JSON without members given twice, no deeper
 * than 64. Refuses `value_malformed`.
 */
import { isWithinDepth, JSON_DEPTH_MAX } from "../core/json-depth.ts";
import { isJsonType } from "../core/media-type.ts";
import { accept, type Outcome, refuse } from "../core/refusal.ts";
import { decodeUtf8 } from "../core/utf8.ts";
import { judgeJson } from "../store/documents/json-text.ts";
import type { Db } from "../store/sqlite/driver.ts";

/** Judges the bytes of a document; says whether they are well-formed UTF-8. Throws StoreFault. */
export function judgeValue(
  db: Db,
  bytes: Uint8Array,
  { mediaType, utf8 }: { mediaType: string; utf8: boolean },
): Outcome<{ text: boolean }, "value_malformed"> {
  const text = decodeUtf8(bytes);
  const json = isJsonType(mediaType);
  if (text === undefined) {
    return json || utf8
      ? malformed(`${mediaType}: the bytes are not well-formed UTF-8`)
      : accept({ text: false });
  }
  if (!json) return accept({ text: true });
  const judged = judgeJson(db, bytes);
  if (!judged.ok) return malformed(judged.why);
  return isWithinDepth(JSON.parse(text))
    ? accept({ text: true })
    : malformed(`it nests deeper than ${JSON_DEPTH_MAX}`);
}

function malformed(why: string): Outcome<never, "value_malformed"> {
  return refuse("value_malformed", `The value is not what its media type says: ${why}.`);
}
