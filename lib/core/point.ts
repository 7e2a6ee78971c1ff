/** A place in the history as a request names it: a revision, or a moment (RFC 3339). */
import { parseTime } from "./time.ts";

export type Point = {
  /** As it was sent. */
  readonly text: string;
} & (
  | { readonly revision: number; readonly timeMs: null }
  | { readonly revision: null; readonly timeMs: number }
);

/** Undefined for anything else. */
export function parsePoint(text: string): Point | undefined {
  if (/^(0|[1-9][0-9]{0,15})$/.test(text)) {
    const revision = Number(text);
    return Number.isSafeInteger(revision) ? { text, revision, timeMs: null } : undefined;
  }
  const timeMs = parseTime(text);
  return timeMs === undefined ? undefined : { text, revision: null, timeMs };
}
