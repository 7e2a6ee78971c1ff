/** The bodies of the admin routes. What a name or scope may be beyond its length is judged by the handlers. */
import * as z from "zod/mini";
import { VERBS } from "../core/grant.ts";
import { KEEP_DAYS, REVIEWS } from "../core/settings.ts";
import { accessor, count, list, sha256, text } from "./shapes.ts";
import { line, words } from "./words.ts";

const name = line(200).check(z.minLength(1));
const digest = sha256;

export const BootstrapBody = z.strictObject({
  name,
  accessor,
  digest,
  /** Begins a new history although the bucket holds backups. */
  fresh: z.optional(z.boolean()),
});
export type BootstrapBody = z.infer<typeof BootstrapBody>;

export const RecoverBody = z.strictObject({ name, accessor, digest });
export type RecoverBody = z.infer<typeof RecoverBody>;

export const GrantBody = z.strictObject({
  verbs: list(z.enum(VERBS), { min: 1, max: VERBS.length }),
  namespace: text(64),
  scope: text(900),
});

export const TokenBody = z.strictObject({
  name,
  accessor,
  digest,
  expires: z.optional(text(40)),
  grants: list(GrantBody, { min: 1, max: 100 }),
});
export type TokenBody = z.infer<typeof TokenBody>;

/** How long two secrets of one user may both work: 30 days. */
const OVERLAP_MAX_S = 2_592_000;

export const RotateBody = z.strictObject({
  digest,
  /** The old token works for so long yet; the new secret is that of another, which gets its name, grants and end. */
  overlap: z.optional(
    z.strictObject({
      accessor,
      seconds: z.int().check(z.minimum(1), z.maximum(OVERLAP_MAX_S, "at most 30 days")),
    }),
  ),
});
export type RotateBody = z.infer<typeof RotateBody>;

export const NamespaceBody = z.strictObject({
  description: z.optional(words(1000)),
  public: z.optional(z.boolean()),
  blindWrites: z.optional(z.boolean()),
  messageRequired: z.optional(z.boolean()),
  quota: z.optional(z.strictObject({ keys: z.optional(count), bytes: z.optional(count) })),
  /** For how long its past is kept, where the store's setting `history_keep` is not what it needs. */
  keep: z.optional(
    z.strictObject({ days: z.int().check(z.minimum(KEEP_DAYS.min), z.maximum(KEEP_DAYS.max)) }),
  ),
  /** What a second person has to approve: every change, what is over the budget of a policy, or nothing. */
  review: z.optional(z.enum(REVIEWS)),
});
export type NamespaceBody = z.infer<typeof NamespaceBody>;

export const ModeBody = z.strictObject({ mode: z.enum(["open", "read_only"]) });

export const PurgeBody = z.strictObject({
  namespace: text(64),
  key: text(1024).check(z.minLength(1)),
  /** Stands in the manifest that replaces the old objects, and in the commit unless a message is given. */
  why: words(1024).check(z.minLength(1)),
  /** The present value is clean: it is written again under a new revision. */
  keepCurrent: z.optional(z.boolean()),
});
export type PurgeBody = z.infer<typeof PurgeBody>;

/** `this` store goes on; `other`, or a lineage that is not this store's, makes it give way. */
export const PickBody = z.strictObject({
  lineage: z.string().check(z.regex(/^(this|other|[0-9a-f]{8,32})$/)),
});
export type PickBody = z.infer<typeof PickBody>;
