/** What pages of the past share: which values they show, and what a statement is told of the caller's ranges. */
import { base64Bytes } from "../../core/base64.ts";
import type { KeyRange } from "../../core/grant.ts";

/** How values are shown: not, text as text, JSON types as JSON, or bytes: text where they are text, else base64. */
export type AnyValues = "none" | "text" | "json" | "bytes";

/** Whose commits are shown with all their words whatever the ranges say: one's own; everybody's to a root token. */
export interface PastReader {
  readonly self: string;
  readonly all: boolean;
}

/** One JSON text in pieces: ours, and what SQLite made. */
export type Pieces = readonly (string | Uint8Array)[];

/** Ranges as the table that the statements make of them. */
export function rangesJson(ranges: readonly KeyRange[]): string {
  return JSON.stringify(ranges.map(({ namespace, from, exact }) => [namespace, from, exact ? 1 : 0]));
}

/** A JSON object without its last brace, and `base64` where its value is no text. */
export function withBytes(json: Uint8Array, bytes: Uint8Array | null): Pieces {
  return bytes === null ? [json] : [json, ',"base64":"', base64Bytes(bytes), '"'];
}
