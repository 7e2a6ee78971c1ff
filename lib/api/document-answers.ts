/**
 * What the document routes answer with: pages, the feed, the log, and the outcome of a commit. Components take the
 * types from here; the description, the tests and clients the schemas. An answer may get more members one day, so a
 * client's parse passes over those it does not know; the description says what there is now.
 */
import * as z from "zod/mini";
import { VERBS } from "../core/grant.ts";
import { accessor, count, cursor, etag, lineage, moment, revision } from "./shapes.ts";

/** Shown of every commit; the words only when all of it may be read (`partial` false). */
const facts = { id: z.string(), time: moment, actor: z.string(), partial: z.boolean() };
const words = {
  author: z.optional(z.string()),
  message: z.optional(z.string()),
  meta: z.optional(z.record(z.string(), z.string())),
};

/** The bytes of a document, where they were asked for; those that are no text where `values` is `bytes`. */
const bytes = {
  value: z.optional(z.unknown()),
  text: z.optional(z.string()),
  base64: z.optional(z.string()),
};

const place = { namespace: z.string(), key: z.string(), revision };
const stored = { etag, mediaType: z.string(), size: count, modified: moment, ...bytes };

export const Document = z.object({
  ...place,
  ...stored,
  // In lists; absent in a page of the past where the document lives no more.
  version: z.optional(revision),
  createdRevision: z.optional(revision),
});

const inCommit = { commit: z.object({ ...facts, actorName: z.optional(z.string()), ...words }) };

export const HistoryEntry = z.discriminatedUnion("op", [
  z.object({
    op: z.literal("put"),
    ...place,
    ...stored,
    ...inCommit,
  }),
  z.object({ op: z.literal("delete"), ...place, ...inCommit }),
  // A purge, or a change whose value a purge has erased.
  z.object({ op: z.literal("erase"), ...place, ...inCommit }),
]);

export const HistoryPage = z.object({
  namespace: z.string(),
  revision: count,
  entries: z.array(HistoryEntry),
  next: z.optional(cursor),
});

/** Without `before` the document was made, without `after` it was deleted. */
export const DiffEntry = z.object({
  result: z.enum(["created", "changed", "deleted"]),
  key: z.string(),
  before: z.optional(Document),
  after: z.optional(Document),
});

export const DiffPage = z.object({
  namespace: z.string(),
  toNamespace: z.optional(z.string()),
  // The revisions that are compared.
  from: count,
  to: count,
  entries: z.array(DiffEntry),
  next: z.optional(cursor),
});

export const ListPage = z.object({
  namespace: z.string(),
  prefix: z.string(),
  revision: count,
  documents: z.array(Document),
  prefixes: z.array(z.string()),
  next: z.optional(cursor),
});

/** Without `snippet` only the key matches. The snippet is in parts, of which some are what was looked for. */
export const SearchHit = z.object({
  namespace: z.string(),
  key: z.string(),
  revision,
  mediaType: z.string(),
  size: count,
  inKey: z.boolean(),
  // Of the first match in the value.
  line: z.optional(revision),
  snippet: z.optional(z.array(z.object({ text: z.string(), match: z.optional(z.literal(true)) }))),
});

export const SearchPage = z.object({
  query: z.string(),
  revision: count,
  // How many documents this page looked at.
  looked: count,
  hits: z.array(SearchHit),
  next: z.optional(cursor),
});

export const FeedChange = z.discriminatedUnion("op", [
  z.object({
    op: z.literal("put"),
    namespace: z.string(),
    key: z.string(),
    mediaType: z.string(),
    size: count,
    // Another change of the key came after it, and the token has no `history` over the key: no value is shown.
    superseded: z.optional(z.literal(true)),
    ...bytes,
  }),
  z.object({ op: z.literal("delete"), namespace: z.string(), key: z.string() }),
  // A purge: the document ends, and a replica forgets every value that the key ever had.
  z.object({ op: z.literal("erase"), namespace: z.string(), key: z.string() }),
]);

/** Callers without a token are not told the actor, which is a token's accessor. */
export const FeedCommit = z.object({
  revision,
  ...facts,
  actor: z.optional(facts.actor),
  ...words,
  changes: z.array(FeedChange),
});

export const FeedPage = z.object({
  revision: count,
  head: count,
  cursor,
  commits: z.array(FeedCommit),
});

const logged = {
  revision,
  ...facts,
  // Of the token that committed; Ledge's own actors have none.
  actorName: z.optional(z.string()),
  ...words,
  changeCount: z.optional(count),
  requestId: z.optional(z.string()),
};
/** What a commit did to a key, with what stood there before it; a document that was made has no \`before\`. */
export const LoggedChange = z.object({
  op: z.enum(["put", "delete", "erase"]),
  namespace: z.string(),
  key: z.string(),
  mediaType: z.optional(z.string()),
  size: z.optional(count),
  ...bytes,
  before: z.optional(Document),
});
const changes = z.array(LoggedChange);

export const LoggedCommit = z.object({
  ...logged,
  changes: z.optional(changes),
  // Of a commit whose changes with their values do not fit one page: the route of one commit has the rest.
  truncated: z.optional(z.literal(true)),
});
export const LoggedCommitWithChanges = z.object({ ...logged, changes, next: z.optional(cursor) });

export const CommitsPage = z.object({ commits: z.array(LoggedCommit), next: z.optional(cursor) });

export const CommitAnswer = z.object({
  revision: count,
  time: moment,
  unchanged: z.boolean(),
  changes: z.array(
    z.object({
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

export const ShownGrant = z.object({
  verbs: z.array(z.enum(VERBS)),
  namespace: z.string(),
  scope: z.string(),
});

export const Whoami = z.object({
  accessor,
  name: z.string(),
  grants: z.array(ShownGrant),
  created: moment,
  expires: z.optional(moment),
});

/** Oldest first; the last one is now. `parentRevision` is where the life before it was left. */
export const Lineage = z.object({
  lineage,
  head: count,
  lives: z.array(z.object({ lineage, firstRevision: revision, parentRevision: z.optional(count) })),
});

export type Document = z.infer<typeof Document>;
export type ListPage = z.infer<typeof ListPage>;
export type SearchHit = z.infer<typeof SearchHit>;
export type SearchPage = z.infer<typeof SearchPage>;
export type HistoryPage = z.infer<typeof HistoryPage>;
export type HistoryEntry = z.infer<typeof HistoryEntry>;
export type DiffPage = z.infer<typeof DiffPage>;
export type DiffEntry = z.infer<typeof DiffEntry>;
export type FeedPage = z.infer<typeof FeedPage>;
export type CommitsPage = z.infer<typeof CommitsPage>;
export type LoggedCommit = z.infer<typeof LoggedCommit>;
export type LoggedChange = z.infer<typeof LoggedChange>;
export type LoggedCommitWithChanges = z.infer<typeof LoggedCommitWithChanges>;
export type CommitAnswer = z.infer<typeof CommitAnswer>;
export type Whoami = z.infer<typeof Whoami>;
export type Lineage = z.infer<typeof Lineage>;
