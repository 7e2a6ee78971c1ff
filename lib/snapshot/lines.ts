/**
 * The lines of segments and of base parts. They come by the hundred thousand, out of objects whose hashes
 * were checked, so they are narrowed by hand instead of by a schema; the rules are the same: every member
 * has its type and none is unknown. Members and their order are docs/snapshot-format.md's.
 */

import { fromBase64, utf8 } from "../bucket/bytes.ts";
import type { CommitFacts } from "../core/history.ts";

/** One change of one key. `value` is null for a delete and for an erased value. */
export interface ChangeLine {
  readonly namespace: string;
  readonly key: string;
  readonly op: "put" | "delete" | "erase";
  readonly mediaType: string | null;
  readonly text: boolean;
  readonly value: Uint8Array | null;
}

/** A change in a base. `created` and `version` stand on the newest put of a key that is a document. */
export interface BaseChangeLine extends ChangeLine {
  readonly revision: number;
  readonly created: number | null;
  readonly version: number | null;
}

type Members = { readonly [member: string]: unknown };

/** A segment's line: a commit and its changes. Undefined when it is not one. */
export function parseCommitWithChanges(
  line: string,
): { commit: CommitFacts; changes: ChangeLine[] } | undefined {
  const members = membersOf(line);
  if (members === undefined || !Array.isArray(members.changes)) return undefined;
  const commit = commitOf(members, 1);
  if (commit === undefined) return undefined;
  const changes = changesOf(members.changes);
  return changes === undefined ? undefined : { commit, changes };
}

/** A line of an `auth` object of a segment: `{revision, changes}`. */
export function parseAuthChanges(line: string): { revision: number; changes: ChangeLine[] } | undefined {
  const members = membersOf(line);
  if (members === undefined || !isCount(members.revision) || !Array.isArray(members.changes))
    return undefined;
  if (Object.keys(members).length !== 2) return undefined;
  const changes = changesOf(members.changes);
  return changes === undefined ? undefined : { revision: members.revision, changes };
}

/** A line of a base's commits. */
export function parseCommit(line: string): CommitFacts | undefined {
  const members = membersOf(line);
  return members === undefined ? undefined : commitOf(members, 0);
}

/** A line of a base's documents. */
export function parseBaseChange(line: string): BaseChangeLine | undefined {
  const members = membersOf(line);
  if (members === undefined || !isCount(members.revision)) return undefined;
  const { created, version } = members;
  const current = created !== undefined || version !== undefined;
  if (current && !(isCount(created) && isCount(version) && version > 0 && members.op === "put"))
    return undefined;
  const change = changeOf(members, current ? 3 : 1);
  if (change === undefined) return undefined;
  return {
    ...change,
    revision: members.revision,
    created: isCount(created) ? created : null,
    version: isCount(version) ? version : null,
  };
}

function membersOf(line: string): Members | undefined {
  try {
    const value: unknown = JSON.parse(line);
    return isMembers(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

function isMembers(value: unknown): value is Members {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isCount(value: unknown): value is number {
  return typeof value === "number" && Number.isSafeInteger(value) && value >= 0;
}

function isTextOrNull(value: unknown): value is string | null {
  return value === null || typeof value === "string";
}

/** `others` is how many members beside a commit's own there must be. Format 1 has no `rest`. */
function commitOf(members: Members, others: number): CommitFacts | undefined {
  const { revision, id, time, actor, author, requestId, message, meta, trace, count, rest = null } = members;
  const size = ("rest" in members ? 11 : 10) + others;
  if (!isCount(revision) || typeof id !== "string" || typeof actor !== "string" || !isCount(count))
    return undefined;
  if (typeof time !== "number" || !Number.isSafeInteger(time)) return undefined;
  if (!isTextOrNull(author) || !isTextOrNull(requestId) || !isTextOrNull(message)) return undefined;
  if (!isTextOrNull(meta) || !isTextOrNull(trace) || !isTextOrNull(rest)) return undefined;
  if (Object.keys(members).length !== size) return undefined;
  return { revision, id, time, actor, author, requestId, message, meta, trace, rest, count };
}

function changesOf(values: readonly unknown[]): ChangeLine[] | undefined {
  const changes: ChangeLine[] = [];
  for (const value of values) {
    const change = isMembers(value) ? changeOf(value, 0) : undefined;
    if (change === undefined) return undefined;
    changes.push(change);
  }
  return changes;
}

/** `others` is how many members beside a change's own there must be. */
function changeOf(members: Members, others: number): ChangeLine | undefined {
  const { namespace, key, op, mediaType, text, base64 } = members;
  if (typeof namespace !== "string" || typeof key !== "string") return undefined;
  const size = Object.keys(members).length - others;
  if (op === "delete") {
    return size === 3 ? { namespace, key, op, mediaType: null, text: false, value: null } : undefined;
  }
  if (op === "erase") {
    if (!isTextOrNull(mediaType) || size !== 4) return undefined;
    return { namespace, key, op, mediaType, text: false, value: null };
  }
  if (op !== "put" || typeof mediaType !== "string" || size !== 5) return undefined;
  if (typeof text === "string") return { namespace, key, op, mediaType, text: true, value: utf8(text) };
  const value = typeof base64 === "string" ? fromBase64(base64) : undefined;
  return value === undefined ? undefined : { namespace, key, op, mediaType, text: false, value };
}
