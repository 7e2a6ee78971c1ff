/**
 * Conditional requests (RFC 9110 section 13): lists of entity tags, and what they say of a document.
 * Promise: reads compare weakly, writes strongly; a list that is not one is refused.
 */

import { accept, type Outcome, refuse } from "./refusal.ts";
import { parseEtag } from "./revision.ts";

/** `*`, or the tags as sent: opaque text with its quotes, and whether it was marked weak. */
export type TagList = "*" | readonly { readonly tag: string; readonly weak: boolean }[];

const TAG = /^(W\/)?("[\x21\x23-\x7e\x80-\u{10ffff}]*")[ \t]*(?:,[ \t,]*|$)/u;

/** A field value of If-Match or If-None-Match. Refuses `bad_header`. */
export function parseTagList(name: string, value: string): Outcome<TagList, "bad_header"> {
  if (value === "*") return accept("*");
  const tags: { tag: string; weak: boolean }[] = [];
  let rest = value.replace(/^[ \t,]+/, "");
  while (rest !== "") {
    const match = TAG.exec(rest);
    if (match === null) return malformed(name);
    tags.push({ tag: match[2] ?? "", weak: match[1] !== undefined });
    rest = rest.slice(match[0].length);
  }
  return tags.length === 0 ? malformed(name) : accept(tags);
}

/** Whether a document with this ETag matches an If-None-Match list; the weak mark does not count. */
export function matchesWeakly(list: TagList, etag: string): boolean {
  return list === "*" || list.some(({ tag }) => tag === etag);
}

/** What a write names as the state it replaces, as a proposal takes it. */
export interface NamedState {
  /** A revision, 0 for absent, -1 for "whatever is there", null when nothing was named. */
  readonly ifRevision: number | null;
  readonly ifLineage: string | null;
}

/** A revision that no document can be at, for a condition that can only fail. */
const NEVER: NamedState = { ifRevision: 1, ifLineage: "????????" };

export interface WriteCondition {
  readonly kind: "none" | "absent" | "present" | "tags";
  /** For `tags`: the strong tags of ours, in the order sent. */
  readonly states: readonly NamedState[];
  /** Why a condition that can only fail does. */
  readonly hint: string | undefined;
}

/** The conditions of PUT and DELETE. Refuses `bad_header`. */
export function parseWriteCondition(
  ifMatch: string | undefined,
  ifNoneMatch: string | undefined,
): Outcome<WriteCondition, "bad_header"> {
  if (ifMatch !== undefined && ifNoneMatch !== undefined) {
    return refuse("bad_header", "If-Match and If-None-Match exclude each other on a write.");
  }
  if (ifNoneMatch !== undefined) {
    return ifNoneMatch === "*"
      ? accept({ kind: "absent", states: [], hint: undefined })
      : refuse("bad_header", "On a write If-None-Match takes only *, which says: create, do not replace.");
  }
  if (ifMatch === undefined) return accept({ kind: "none", states: [], hint: undefined });
  const list = parseTagList("If-Match", ifMatch);
  if (!list.ok) return list;
  if (list.value === "*") return accept({ kind: "present", states: [], hint: undefined });
  return accept(tagCondition(list.value));
}

function tagCondition(list: Exclude<TagList, "*">): WriteCondition {
  const states = list.flatMap(({ tag, weak }) => {
    const etag = weak ? undefined : parseEtag(tag);
    return etag === undefined ? [] : [{ ifRevision: etag.revision, ifLineage: etag.lineage }];
  });
  if (states.length > 0) return { kind: "tags", states, hint: undefined };
  const hint = list.some(({ weak }) => weak)
    ? "A weak ETag (W/) never matches a write; something between, a compressing proxy for one, made it weak. Send it without the W/ once that proxy is told no-transform."
    : "That is not an ETag of ours.";
  return { kind: "tags", states: [NEVER], hint };
}

/** A condition that never holds, for "there must be a document" where there is none. */
export function neverHolds(): NamedState {
  return NEVER;
}

function malformed(name: string): Outcome<never, "bad_header"> {
  return refuse("bad_header", `${name} is * or a list of ETags in double quotes.`);
}
