/** The bytes of a document as answers carry them (`values=bytes`): text where they are text, else base64. */
import { bytesOfBase64 } from "../../client/document.ts";
import type { PatchSide } from "./patch.tsx";

interface Shown {
  readonly mediaType?: string | undefined;
  readonly text?: string | undefined;
  readonly base64?: string | undefined;
}

/** Undefined where there is no document, or where the answer shows no value of it. */
export function shownBytes(shown: Shown | undefined): PatchSide | undefined {
  if (shown === undefined || (shown.text === undefined && shown.base64 === undefined)) return undefined;
  const { mediaType = "application/octet-stream", text, base64 = "" } = shown;
  const bytes = text === undefined ? bytesOfBase64(base64) : new TextEncoder().encode(text);
  return { bytes, mediaType };
}
