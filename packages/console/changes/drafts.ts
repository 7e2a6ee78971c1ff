/**
 * What somebody has begun and not saved, kept in this browser, which keeps each server's apart. One draft a document: with the
 * revision that it was made on, and what stood there, so that it can be merged when that has moved.
 */
import type { TextForm } from "../editor/document-text.ts";
import { DRAFT, type DraftName, draftNames, lookForDrafts } from "./draft-names.ts";

export interface Draft extends DraftName {
  readonly op: "put" | "delete";
  /** The revision of the document that it was made on; 0 for a new one. */
  readonly base: number;
  readonly mediaType: string;
  readonly text: string;
  readonly form: TextForm;
  /** The text that it was made on, where there was room for it. */
  readonly baseText?: string | undefined;
  /** ISO 8601. */
  readonly saved: string;
}

/** Browsers keep some five million characters for a server. */
const CHARS_MAX = 4_000_000;
const BASE_CHARS_MAX = 200_000;
/** A commit holds no more. */
const DRAFTS_MAX = 1000;

export function readDraft({ namespace, key }: DraftName): Draft | undefined {
  try {
    const parsed: unknown = JSON.parse(localStorage.getItem(placeOf({ namespace, key })) ?? "null");
    return isDraft(parsed) ? { ...parsed, namespace, key } : undefined;
  } catch {
    return undefined;
  }
}

/** False where it does not fit any more: it is then lost with the page. */
export function keepDraft(draft: Draft): boolean {
  const { baseText, ...rest } = draft;
  const place = placeOf(draft);
  const kept = baseText !== undefined && baseText.length <= BASE_CHARS_MAX ? draft : rest;
  const text = JSON.stringify({ ...kept, namespace: undefined, key: undefined });
  try {
    const others = Object.keys(localStorage).filter((name) => name.startsWith(DRAFT) && name !== place);
    const taken = others.reduce((sum, name) => sum + (localStorage.getItem(name)?.length ?? 0), 0);
    if (taken + text.length > CHARS_MAX || others.length >= DRAFTS_MAX) return false;
    localStorage.setItem(place, text);
    lookForDrafts();
    return true;
  } catch {
    return false;
  }
}

export function dropDraft(name: DraftName): void {
  try {
    localStorage.removeItem(placeOf(name));
  } catch {
    // What could not be kept need not be dropped.
  }
  lookForDrafts();
}

export function allDrafts(): Draft[] {
  return draftNames.value.flatMap((name) => readDraft(name) ?? []);
}

function placeOf({ namespace, key }: DraftName): string {
  return `${DRAFT}${namespace}/${key}`;
}

/** Anybody may write into a browser's storage. */
function isDraft(value: unknown): value is Omit<Draft, "namespace" | "key"> {
  if (typeof value !== "object" || value === null) return false;
  const { op, base, mediaType, text, form, saved }: Partial<Record<keyof Draft, unknown>> = value;
  return (
    (op === "put" || op === "delete") &&
    Number.isSafeInteger(base) &&
    [mediaType, text, saved].every((one) => typeof one === "string") &&
    typeof form === "object" &&
    form !== null
  );
}
