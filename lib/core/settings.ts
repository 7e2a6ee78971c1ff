/** What the documents of `_system` say: a namespace's settings (`namespace/<name>`) and the mode (`mode`). */
import { hasOnly, isObject, parseObject } from "./json-object.ts";

/** Members of a namespace's document; an absent one means default. */
export interface NamespaceSettings {
  readonly description?: string;
  readonly public?: boolean;
  readonly blindWrites?: boolean;
  readonly messageRequired?: boolean;
  readonly quota?: { readonly keys?: number; readonly bytes?: number };
  /** How long its past is kept; without it, as long as the store's. */
  readonly keep?: { readonly days: number };
  /** What needs a second person: every change, what is over a budget, or nothing. */
  readonly review?: Review;
}

export const REVIEWS = ["all", "budget", "off"] as const;
const REVIEW_WORDS: readonly unknown[] = REVIEWS;
export type Review = (typeof REVIEWS)[number];

const NAMESPACE_MEMBERS = [
  "description",
  "public",
  "blindWrites",
  "messageRequired",
  "quota",
  "keep",
  "review",
];
const FLAGS = ["public", "blindWrites", "messageRequired"];

/** A namespace's settings by their JSON text; undefined for anything that is not exactly that. */
export function parseNamespaceSettings(json: string): NamespaceSettings | undefined {
  const settings = parseObject(json, NAMESPACE_MEMBERS);
  if (settings === undefined) return undefined;
  const { description, quota, keep, review } = settings;
  const fits =
    (description === undefined || typeof description === "string") &&
    FLAGS.every((flag) => settings[flag] === undefined || typeof settings[flag] === "boolean") &&
    (quota === undefined || isQuota(quota)) &&
    (keep === undefined || isKeep(keep)) &&
    (review === undefined || REVIEW_WORDS.includes(review));
  return fits ? settings : undefined;
}

function isQuota(quota: unknown): boolean {
  if (!isObject(quota) || !hasOnly(quota, ["keys", "bytes"])) return false;
  return Object.values(quota).every((limit) => Number.isSafeInteger(limit) && Number(limit) >= 0);
}

/** A day at the least: for so long a repeated request is known by its key. */
export const KEEP_DAYS = { min: 1, max: 36_500 } as const;

function isKeep(keep: unknown): boolean {
  if (!isObject(keep) || !hasOnly(keep, ["days"])) return false;
  const days = Number(keep.days);
  return Number.isSafeInteger(keep.days) && days >= KEEP_DAYS.min && days <= KEEP_DAYS.max;
}

/** Whether anybody may read a namespace. The document is parsed only when it says something about that. */
export function isPublic(document: string | null): boolean {
  if (document === null || !document.includes('"public"')) return false;
  // Its shape was judged with the commit that wrote it.
  const settings: NamespaceSettings = JSON.parse(document);
  return settings.public === true;
}

export type StoreMode = "open" | "read_only";

/** The mode by its document's JSON text; undefined for anything else. */
export function parseMode(json: string): StoreMode | undefined {
  const mode = parseObject(json, ["mode"])?.mode;
  return mode === "open" || mode === "read_only" ? mode : undefined;
}
