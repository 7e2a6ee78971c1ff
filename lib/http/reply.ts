/** Replies that are not documents: JSON with the headers that every answer has. */
import { VARY } from "../core/http.ts";
import { encodeUtf8 } from "../core/utf8.ts";
import type { Reply } from "./result.ts";

type HeaderList = readonly (readonly [string, string])[];

/** What an answer about the state at a revision says besides. */
export interface Shown {
  readonly revision: number;
  readonly head: number;
  readonly lineage: string;
}

/** `Body` is what the route's answers hold; the value has to be exactly that. */
export function jsonReply<Body>(status: number, value: NoInfer<Body>, headers: HeaderList = []): Reply<Body> {
  return textReply(status, JSON.stringify(value), headers);
}

/** A JSON text that is made already. */
export function textReply<Body>(
  status: number,
  body: string | Uint8Array,
  headers: HeaderList = [],
): Reply<Body> {
  return {
    status,
    headers: [
      ["content-type", "application/json"],
      ["cache-control", "no-store"],
      ["vary", VARY],
      ["x-content-type-options", "nosniff"],
      ["content-security-policy", "sandbox; default-src 'none'; frame-ancestors 'none'"],
      ["cross-origin-resource-policy", "same-origin"],
      ...headers,
    ],
    body,
  };
}

export function shownHeaders({ revision, head, lineage }: Shown): [string, string][] {
  return [
    ["ledge-revision", String(revision)],
    ["ledge-head", String(head)],
    ["ledge-lineage", lineage],
  ];
}

/** Pieces end to end: text of ours (short) and bytes that SQLite made (long). */
export function concatenate(pieces: readonly (string | Uint8Array)[]): Uint8Array {
  const parts = pieces.map((piece) => (typeof piece === "string" ? encodeUtf8(piece) : piece));
  const whole = new Uint8Array(parts.reduce((size, part) => size + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
