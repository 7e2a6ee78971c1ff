/** What a change of one document should be warned of, by its text before and after. Knows no store. */
import { isEmptyText } from "../empty.ts";
import { isJsonType } from "../media-type.ts";
import { findSecret } from "./secret.ts";
import type { Warning } from "./warning.ts";

/** A put as a plan sees it. */
export interface SeenChange {
  readonly index: number;
  readonly key: string;
  readonly mediaType: string;
  /** Undefined where nothing stands, or what stands is not text or too long to be compared. */
  readonly before: string | undefined;
  readonly sizeBefore: number;
  /** Undefined where it is no text. */
  readonly after: string | undefined;
  readonly sizeAfter: number;
}

/** More than an order of magnitude. */
const STEP = 10;

export function warningsOf(change: SeenChange): Warning[] {
  const { index, key, before, after } = change;
  const found: Warning[] = [];
  const json = after === undefined ? undefined : jsonOf(change.mediaType, after);
  const secret = after === undefined ? undefined : findSecret(key, after, json);
  if (secret !== undefined) {
    const detail = `This looks like a secret (${secret}). Everybody who may read the key, and the backups, would have it.`;
    found.push({ code: "looks_secret", detail, index });
  }
  if (becomesEmpty(change))
    found.push({ code: "becomes_empty", detail: "The document had content and would be empty.", index });
  if (before !== undefined && json !== undefined) {
    const stepped = largeStep(jsonOf(change.mediaType, before), json);
    if (stepped !== undefined) found.push({ code: "large_step", detail: stepped, index });
  }
  return found;
}

function becomesEmpty({ before, sizeBefore, after, sizeAfter }: SeenChange): boolean {
  const isEmpty = sizeAfter === 0 || (after !== undefined && isEmptyText(after));
  const wasEmpty = sizeBefore === 0 || (before !== undefined && isEmptyText(before));
  return isEmpty && !wasEmpty;
}

/** Its JSON; undefined for another type. What stands in a store as JSON is JSON. */
function jsonOf(mediaType: string, text: string): unknown {
  if (!isJsonType(mediaType)) return undefined;
  try {
    return JSON.parse(text);
  } catch {
    // The former document may have had another type: then there is nothing to compare.
    return undefined;
  }
}

/** A number, or a member of an object that is one. */
function largeStep(before: unknown, after: unknown): string | undefined {
  if (typeof before === "number" && typeof after === "number")
    return isLarge(before, after) ? `The number${words(before, after)}` : undefined;
  if (!isRecord(before) || !isRecord(after)) return undefined;
  for (const [name, was] of Object.entries(before)) {
    const becomes = Object.hasOwn(after, name) ? after[name] : undefined;
    if (typeof was === "number" && typeof becomes === "number" && isLarge(was, becomes))
      return `The member ${JSON.stringify(name)}${words(was, becomes)}`;
  }
  return undefined;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** From 0 every step is large, so none is; to 0 each is. */
function isLarge(before: number, after: number): boolean {
  const [was, becomes] = [Math.abs(before), Math.abs(after)];
  return was !== 0 && (becomes > STEP * was || becomes * STEP < was);
}

function words(before: number, after: number): string {
  if (after === 0) return " would become 0.";
  const grows = Math.abs(after) > Math.abs(before);
  const times = Math.abs(grows ? after / before : before / after);
  const about = times < 1000 ? `about ${Math.round(times)}` : "more than 1,000";
  return ` would be ${about} times ${grows ? "as large" : "smaller"}.`;
}
