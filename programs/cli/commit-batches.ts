/**
 * Many documents as commits of up to 1,000 changes and 2 MiB of values, each of which names the revision that
 * it replaces. The body is written as text, so that a JSON value travels exactly as it is.
 */
import { COMMIT_LIMITS } from "../../lib/core/commit/limits.ts";
import { EXIT, Failure } from "./failure.ts";
import type { TreeDocument } from "./tree.ts";

export type BatchChange =
  | { readonly op: "put"; readonly document: TreeDocument; readonly ifRevision: number }
  | { readonly op: "delete"; readonly namespace: string; readonly key: string; readonly ifRevision: number };

export interface Batch {
  readonly body: string;
  readonly changes: number;
  readonly bytes: number;
}

const JSON_TYPE = /^application\/([a-z0-9.+-]+\+)?json$/;
// Leave room below the encoded limit for what JSON escaping and names add.
const BODY_MAX = COMMIT_LIMITS.encodedBytes - 262_144;

/** The changes as bodies of POST /v1/commit, in order. Refuses a document over the limit of a value by name. */
export function* batchesOf(changes: readonly BatchChange[], message: string | undefined): Generator<Batch> {
  let texts: string[] = [];
  let valueBytes = 0;
  let textBytes = 0;
  const take = (): Batch => {
    const head = message === undefined ? "" : `"message":${JSON.stringify(message)},`;
    const batch = {
      body: `{${head}"changes":[${texts.join(",")}]}`,
      changes: texts.length,
      bytes: valueBytes,
    };
    [texts, valueBytes, textBytes] = [[], 0, 0];
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
    valueBytes += bytes;
    textBytes += length;
  }
  if (texts.length > 0) yield take();
}

function changeText(change: BatchChange): string {
  if (change.op === "delete") return JSON.stringify(change);
  const { namespace, key, mediaType, bytes } = change.document;
  if (bytes.length > COMMIT_LIMITS.valueBytes) {
    throw new Failure(
      EXIT.refused,
      `${namespace}/${key} is ${bytes.length} bytes, and a value holds at most ${COMMIT_LIMITS.valueBytes}`,
    );
  }
  const head = JSON.stringify({ op: "put", namespace, key, mediaType, ifRevision: change.ifRevision }).slice(
    0,
    -1,
  );
  return `${head},${valueText(bytes, mediaType)}}`;
}

function valueText(bytes: Uint8Array, mediaType: string): string {
  let text: string;
  try {
    text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    // Not UTF-8: base64 carries any bytes.
    return `"base64":"${Buffer.from(bytes).toString("base64")}"`;
  }
  return JSON_TYPE.test(mediaType) && isCanonical(text)
    ? `"value":${text}`
    : `"text":${JSON.stringify(text)}`;
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
