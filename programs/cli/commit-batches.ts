/**
 * Many documents as commits of up to 1,000 changes and 2 MiB of values, each of which names the revision that
 * it replaces. The body is written as text, so that a JSON value travels exactly as it is.
 */
import { COMMIT_LIMITS } from "../../lib/core/commit/limits.ts";
import { isJsonType } from "../../lib/core/media-type.ts";
import { decodeUtf8 } from "../../lib/core/utf8.ts";
import type { TreeDocument } from "./tree/document.ts";

export type BatchChange =
  | { readonly op: "put"; readonly document: TreeDocument; readonly ifRevision: number }
  | { readonly op: "delete"; readonly namespace: string; readonly key: string; readonly ifRevision: number };

export interface Batch {
  readonly body: string;
  readonly changes: readonly BatchChange[];
  readonly bytes: number;
}

// Leave room below the encoded limit for what JSON escaping and names add.
const BODY_MAX = COMMIT_LIMITS.encodedBytes - 262_144;

/** What goes with a commit. */
export interface CommitWords {
  readonly message?: string | undefined;
  readonly meta?: Readonly<Record<string, string>>;
  readonly override?: { readonly reason: string } | undefined;
}

/** The changes as bodies of POST /v1/commit, in order. No value is over the limit of a value: imports refuse those first. */
export function* batchesOf(changes: readonly BatchChange[], words: CommitWords): Generator<Batch> {
  const members = JSON.stringify(words).slice(1, -1);
  const head = members === "" ? "" : `${members},`;
  let texts: string[] = [];
  let taken: BatchChange[] = [];
  let valueBytes = 0;
  let textBytes = 0;
  const take = (): Batch => {
    const batch = {
      body: `{${head}"changes":[${texts.join(",")}]}`,
      changes: taken,
      bytes: valueBytes,
    };
    [texts, taken, valueBytes, textBytes] = [[], [], 0, 0];
    return batch;
  };
  for (const change of changes) {
    const text = changeText(change);
    const bytes = change.op === "put" ? change.document.bytes.length : 0;
    const length = Buffer.byteLength(text);
    const full =
      texts.length >= COMMIT_LIMITS.changes ||
      valueBytes + bytes > COMMIT_LIMITS.bodyBytes ||
      textBytes + length > BODY_MAX;
    if (full && texts.length > 0) yield take();
    texts.push(text);
    taken.push(change);
    valueBytes += bytes;
    textBytes += length;
  }
  if (texts.length > 0) yield take();
}

function changeText(change: BatchChange): string {
  if (change.op === "delete") return JSON.stringify(change);
  const { namespace, key, mediaType, bytes } = change.document;
  const head = JSON.stringify({ op: "put", namespace, key, mediaType, ifRevision: change.ifRevision }).slice(
    0,
    -1,
  );
  return `${head},${valueText(bytes, mediaType)}}`;
}

function valueText(bytes: Uint8Array, mediaType: string): string {
  const text = decodeUtf8(bytes);
  if (text !== undefined && isJsonType(mediaType) && isCanonical(text)) return `"value":${text}`;
  const escaped = text === undefined ? undefined : JSON.stringify(text);
  const base64 = Math.ceil(bytes.length / 3) * 4;
  // Base64 carries any bytes; and a text of control characters is six times as long when it is escaped.
  return escaped === undefined || escaped.length > 2 * base64
    ? `"base64":"${Buffer.from(bytes).toString("base64")}"`
    : `"text":${escaped}`;
}

/** A `value` loses the white space between its parts, so only a text that has none may travel as one. */
function isCanonical(text: string): boolean {
  try {
    return JSON.stringify(JSON.parse(text)) === text;
  } catch {
    // Not JSON: it travels as text, and the server says what is wrong with it.
    return false;
  }
}
