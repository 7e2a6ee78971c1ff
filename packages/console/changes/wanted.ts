/** A change as somebody wants it: what it puts or deletes, and the state that it was made on. */
import type { CommitBody } from "../../../lib/api/commit-body.ts";
import { decodeText } from "../../client/document.ts";
import type { PatchSide } from "../parts/patch.tsx";

interface Wanted {
  readonly namespace: string;
  readonly key: string;
  /** The revision that it replaces or deletes; 0 for nothing. */
  readonly ifRevision: number;
  /** What stands there, to be shown. */
  readonly before?: PatchSide | undefined;
}

export interface WantedPut extends Wanted {
  readonly op: "put";
  readonly mediaType: string;
  readonly bytes: Uint8Array;
}

export type WantedChange = WantedPut | (Wanted & { readonly op: "delete" });

/** As POST /v1/commit, /v1/plan and /v1/proposals take it: the bytes as they are, as a text or in base64. */
export function sentChange(change: WantedChange): CommitBody["changes"][number] {
  const { op, namespace, key, ifRevision } = change;
  if (op === "delete") return { op, namespace, key, ifRevision };
  const { mediaType, bytes } = change;
  return { op, namespace, key, ifRevision, mediaType, ...sentBytes(bytes) };
}

/** A text of control characters is six times as long in JSON, so it goes in base64. */
function sentBytes(bytes: Uint8Array): { text: string } | { base64: string } {
  try {
    const text = decodeText(bytes);
    // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is looked for
    if (!/[\u0000-\u0008\u000b-\u001f]/.test(text)) return { text };
  } catch {
    // No text: base64 carries it.
  }
  let binary = "";
  for (const byte of bytes) binary += String.fromCharCode(byte);
  return { base64: btoa(binary) };
}
