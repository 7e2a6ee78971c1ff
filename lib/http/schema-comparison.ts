/** What admin asks of schema-check before a schema is put: whether it is one, and which documents would fail it. */
import { decodeUtf8 } from "../core/utf8.ts";
import { concatenate } from "./reply.ts";
import { lineEnd } from "./schema-check.ts";

export const COMPARE_PATH = "/internal/schema-check/compare";
/** Documents that are named. */
export const FAILING_MAX = 20;

export interface ToCompare {
  readonly namespace: string;
  readonly scope: string;
  /** Behind this key. */
  readonly after: string;
  /** False: only whether it is a schema. */
  readonly documents: boolean;
}

export interface CompareAnswer {
  /** The documents are of this revision or a newer one. */
  readonly head: number;
  readonly failing: readonly { readonly key: string; readonly detail: string }[];
  /** What was looked at. */
  readonly documents: number;
  readonly bytes: number;
  readonly nodes: number;
  /** The last key that was looked at, where there are more behind it. */
  readonly next?: string;
}

export function comparison(line: ToCompare, text: string): Uint8Array {
  return concatenate([`${JSON.stringify(line)}\n`, text]);
}

export function splitComparison(
  body: Uint8Array,
): { readonly line: ToCompare; readonly text: string } | undefined {
  const end = lineEnd(body);
  const [line, text] = [decodeUtf8(body.subarray(0, end)), decodeUtf8(body.subarray(end + 1))];
  return line === undefined || text === undefined || end < 0 ? undefined : { line: JSON.parse(line), text };
}
