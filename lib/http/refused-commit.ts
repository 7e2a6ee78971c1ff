/**
 * What a commit was refused for, in words: its causes become `errors` with pointers into the
 * request. Kept in one place, so that every door says the same.
 */

import type { CommitRefusal } from "../core/commit/verdict.ts";
import { type Refusal, type RefusalCode, type RefusalError, refuse } from "../core/refusal.ts";
import { REFUSAL_DETAILS } from "../core/refusal-details.ts";

type Words = Partial<Record<RefusalCode, string>>;

const WORDS: Words = {
  ...REFUSAL_DETAILS,
  stale: "The document is not at the revision that was named. Read it again, and send its ETag.",
  exists: "It exists. To replace it, name its ETag.",
  precondition_required:
    'Changing or deleting what exists needs If-Match with its ETag, or * for whatever is there (in a commit: ifRevision, or "any").',
  not_found: "There is no such document to delete, or no value of that key to purge.",
  forbidden: "The token may not write this key, or not read one that it only checks.",
  namespace_not_found: "There is no such namespace; an administrator can make it.",
  message_required: "The namespace demands a message with every change: ?message=, or message in the body.",
  idempotency_mismatch: "This Idempotency-Key was used for other content. Use a new one for a new change.",
  plan_changed: "Something has changed since the plan was made. Nothing was committed; plan again.",
  approval_required: "A second person has to approve this: propose it with POST /v1/proposals.",
  read_only:
    "The store takes no writes; reads go on. In read-only mode an administrator opens it with PUT /v1/admin/mode; where status says `stopped`, a fork or a seal ended its life here, and `ledge backup pick` or `ledge backup adopt` decides.",
  rate_limited:
    "The token has made as many commits as it may in a second. Nothing was committed; send it again.",
  not_ready: "The store is being restored. It takes writes once every check has passed.",
  too_many_changes: "A commit holds at most 1,000 changes.",
  invalid_body: "The document is not in the shape that its place demands.",
  too_large: "A value holds at most 1 MiB, a commit 2 MiB of values and 4 MiB as it is stored.",
};

/**
 * The refusal as it is answered. `pointerOf` says where in the request an operation stands; `words` are those of a door
 * that has codes of its own.
 */
export function refusalOf(
  refused: CommitRefusal,
  pointerOf: (index: number) => string,
  words: Words = {},
): Refusal {
  const { code, members } = refused;
  const detail = refused.detail ?? words[code] ?? WORDS[code] ?? "The store refused the change.";
  const errors = refused.causes.map(
    ({ index, etag, detail: own }): RefusalError => ({
      pointer: pointerOf(index),
      code,
      detail: own ?? detail,
      ...(etag === null ? {} : { etag }),
    }),
  );
  // A refusal of the only change carries that document's ETag, so that a client need not read again.
  const [only] = refused.causes;
  const tag =
    refused.causes.length === 1 && only?.etag != null && (code === "stale" || code === "exists")
      ? only.etag
      : undefined;
  return refuse(code, detail, {
    ...(members === undefined ? {} : { members }),
    ...(errors.length === 0 ? {} : { errors }),
    ...(tag === undefined ? {} : { headers: [["etag", tag]] }),
  });
}
