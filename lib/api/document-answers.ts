/**
 * What the document routes answer with: pages, the feed, the log, and the outcome of a commit. Only the
 * description of the interface and the tests read these; a component makes its answers without them.
 */
import * as z from "zod/mini";
import { VERBS } from "../core/grant.ts";

export const count = z.int().check(z.minimum(0));
export const revision = z.int().check(z.minimum(1));
export const moment = z.string().check(z.regex(/^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{3}Z$/));
export const etag = z.string().check(z.regex(/^"[1-9][0-9]{0,15}-[0-9a-f]{8}"$/));
export const lineage = z.string().check(z.regex(/^[0-9a-f]{32}$/));
export const accessor = z.string().check(z.regex(/^[a-z2-7]{12}$/));
const cursor = z.string().check(z.regex(/^[A-Za-z0-9_-]+$/));

/** The bytes of a document, where they were asked for and are text. */
const bytes = { value: z.optional(z.unknown()), text: z.optional(z.string()) };

export const Document = z.strictObject({
  namespace: z.string(),
  key: z.string(),
  revision,
  etag,
  mediaType: z.string(),
  size: count,
  modified: moment,
  // Absent in a page of the past where the document lives no more.
  version: z.optional(revision),
  createdRevision: z.optional(revision),
  ...bytes,
});

export const ListPage = z.strictObject({
  namespace: z.string(),
  prefix: z.string(),
  revision: count,
  documents: z.array(Document),
  prefixes: z.array(z.string()),
  next: z.optional(cursor),
});

export const FeedChange = z.discriminatedUnion("op", [
  z.strictObject({
    op: z.literal("put"),
    namespace: z.string(),
    key: z.string(),
    mediaType: z.string(),
    size: count,
    ...bytes,
  }),
  z.strictObject({ op: z.literal("delete"), namespace: z.string(), key: z.string() }),
  // A purge: the document ends, and a replica forgets every value that the key ever had.
  z.strictObject({ op: z.literal("erase"), namespace: z.string(), key: z.string() }),
]);

/** Shown of every commit; the words only when all of it may be read (`partial` false). */
const facts = { revision, id: z.string(), time: moment, actor: z.string(), partial: z.boolean() };
const words = {
  author: z.optional(z.string()),
  message: z.optional(z.string()),
  meta: z.optional(z.record(z.string(), z.string())),
};

export const FeedCommit = z.strictObject({ ...facts, ...words, changes: z.array(FeedChange) });

export const FeedPage = z.strictObject({
  revision: count,
  head: count,
  cursor,
  commits: z.array(FeedCommit),
});

const logged = { ...facts, ...words, changeCount: z.optional(count), requestId: z.optional(z.string()) };
export const LoggedCommit = z.strictObject(logged);
export const LoggedCommitWithChanges = z.strictObject({ ...logged, changes: z.array(FeedChange) });

export const CommitsPage = z.strictObject({ commits: z.array(LoggedCommit), next: z.optional(cursor) });

export const CommitAnswer = z.strictObject({
  revision: count,
  time: moment,
  unchanged: z.boolean(),
  changes: z.array(
    z.strictObject({
      op: z.enum(["put", "delete", "check"]),
      namespace: z.string(),
      key: z.string(),
      result: z.enum(["created", "changed", "deleted", "unchanged", "checked"]),
      // Of a check on what is absent: 0.
      revision: count,
      etag: z.optional(etag),
    }),
  ),
});

export const Grant = z.strictObject({
  verbs: z.array(z.enum(VERBS)),
  namespace: z.string(),
  scope: z.string(),
});

export const Whoami = z.strictObject({
  accessor,
  name: z.string(),
  grants: z.array(Grant),
  created: moment,
  expires: z.optional(moment),
});
