/**
 * Cursors: opaque to callers, to us a kind, a lineage, a revision, the filter they were made for and where
 * the page ended. Those of the feed and of the log are positions: anybody may write one, and they grant nothing. Lists,
 * histories and comparisons go on at a past state, so their cursors are sealed (sealed-cursor.ts).
 */

import { decodeAddressSafe, encodeAddressSafe } from "./base64.ts";
import { LINEAGE_PATTERN } from "./patterns.ts";
import { accept, type Outcome, refuse } from "./refusal.ts";
import { decodeUtf8, encodeUtf8 } from "./utf8.ts";

const LINEAGE = new RegExp(LINEAGE_PATTERN);

/** Which route made it. */
const KINDS = [
  "list",
  "feed",
  "history",
  "diff",
  "commits",
  "commit",
  "namespaces",
  "tokens",
  "policies",
  "schemas",
  "channels",
  "edges",
  "rollouts",
  "fleet",
  "search",
  "proposals",
] as const;

export interface Cursor {
  readonly kind: (typeof KINDS)[number];
  readonly lineage: string;
  readonly revision: number;
  /** Names and values that the next page must repeat. */
  readonly filter: readonly (string | null)[];
  /** Where the page ended, as its route writes it: the last key, mostly; "" where the revision says it all. */
  readonly after: string;
}

export function formatCursor({ kind, lineage, revision, filter, after }: Cursor): string {
  return encodeAddressSafe(encodeUtf8(JSON.stringify([kind, lineage, revision, filter, after])));
}

/** Refuses `bad_cursor`: not made by us, by another route, or for another filter. */
export function parseCursor(
  text: string,
  expected: Pick<Cursor, "kind" | "filter">,
): Outcome<Cursor, "bad_cursor"> {
  return judgeCursor(readCursor(text), expected);
}

/** What is no cursor, or one of another route. */
export function foreignCursor(): Outcome<never, "bad_cursor"> & { ok: false } {
  return refuse("bad_cursor", "That is not a cursor of this route. Begin again without one.");
}

/** What was read, against what the request says. Refuses `bad_cursor`. */
export function judgeCursor(
  cursor: Cursor | undefined,
  expected: Pick<Cursor, "kind" | "filter">,
): Outcome<Cursor, "bad_cursor"> {
  if (cursor === undefined || cursor.kind !== expected.kind) {
    return foreignCursor();
  }
  if (JSON.stringify(cursor.filter) !== JSON.stringify(expected.filter)) {
    return refuse(
      "bad_cursor",
      "The cursor was made for other parameters. Send the same ones with every page.",
    );
  }
  return accept(cursor);
}

function readCursor(text: string): Cursor | undefined {
  const bytes = decodeAddressSafe(text);
  const json = bytes === undefined ? undefined : decodeUtf8(bytes);
  if (json === undefined) return undefined;
  try {
    return readCursorParts(JSON.parse(json));
  } catch {
    // Anything that is not JSON is not one of ours.
    return undefined;
  }
}

/** A cursor from the parts that formatCursor writes; undefined for anything else. */
export function readCursorParts(parts: unknown): Cursor | undefined {
  if (!Array.isArray(parts) || parts.length !== 5) return undefined;
  const [kind, lineage, revision, filter, after]: unknown[] = parts;
  if (!isKind(kind)) return undefined;
  if (typeof lineage !== "string" || !LINEAGE.test(lineage)) return undefined;
  if (typeof revision !== "number" || !Number.isSafeInteger(revision) || revision < 0) return undefined;
  if (!isFilter(filter) || typeof after !== "string") return undefined;
  return { kind, lineage, revision, filter, after };
}

function isKind(value: unknown): value is Cursor["kind"] {
  return KINDS.some((kind) => kind === value);
}

function isFilter(value: unknown): value is (string | null)[] {
  return Array.isArray(value) && value.every((part) => part === null || typeof part === "string");
}
