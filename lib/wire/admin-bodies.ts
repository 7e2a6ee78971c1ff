/** The bodies of the admin routes. What a name or scope may be beyond its length is judged by the door. */
import * as z from "zod/mini";
import { VERBS } from "../core/grant.ts";

const text = (max: number) => z.string().check(z.maxLength(max));
const name = text(200).check(z.minLength(1));
const accessor = z.string().check(z.regex(/^[a-z2-7]{12}$/));
const digest = z.string().check(z.regex(/^[0-9a-f]{64}$/));
const count = z.int().check(z.minimum(0));

export const BootstrapBody = z.strictObject({
  name,
  accessor,
  digest,
  /** Begins a new history although the bucket holds backups. */
  fresh: z.optional(z.boolean()),
});
export type BootstrapBody = z.infer<typeof BootstrapBody>;

export const GrantBody = z.strictObject({
  verbs: z.array(z.enum(VERBS)).check(z.minLength(1), z.maxLength(VERBS.length)),
  namespace: text(64),
  scope: text(900),
});

export const TokenBody = z.strictObject({
  name,
  accessor,
  digest,
  expires: z.optional(text(40)),
  grants: z.array(GrantBody).check(z.minLength(1), z.maxLength(100)),
});
export type TokenBody = z.infer<typeof TokenBody>;

export const RotateBody = z.strictObject({ digest });

export const NamespaceBody = z.strictObject({
  description: z.optional(text(1000)),
  public: z.optional(z.boolean()),
  blindWrites: z.optional(z.boolean()),
  messageRequired: z.optional(z.boolean()),
  quota: z.optional(z.strictObject({ keys: z.optional(count), bytes: z.optional(count) })),
});
export type NamespaceBody = z.infer<typeof NamespaceBody>;

export const ModeBody = z.strictObject({ mode: z.enum(["open", "read_only"]) });
