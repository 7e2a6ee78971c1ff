/** Bodies of the admin routes. What the kernel checks again (shapes of reserved documents) is said here in words. */
import * as z from "zod/mini";
import { VERBS } from "../core/grant.ts";

const text = (max: number) => z.string().check(z.maxLength(max));
const name = text(200).check(z.minLength(1), z.regex(/^[^_]/, "a name does not begin with _"));
const accessor = z.string().check(z.regex(/^[a-z2-7]{12}$/, "12 characters of lower-case base32"));
const digest = z.string().check(z.regex(/^[0-9a-f]{64}$/, "64 lower-case hex digits"));

export const BootstrapBody = z.strictObject({ name, accessor, digest });

export const GrantBody = z.strictObject({
  verbs: z.array(z.enum(VERBS)).check(z.minLength(1), z.maxLength(VERBS.length)),
  namespace: z.string().check(z.regex(/^(\*|[a-z0-9][a-z0-9-]{0,62})$/, "a namespace, or *")),
  scope: z._default(text(900), ""),
});

export const TokenBody = z.strictObject({
  name,
  accessor,
  digest,
  expires: z.optional(text(40)),
  grants: z.array(GrantBody).check(z.minLength(1), z.maxLength(100)),
});

export const RotateBody = z.strictObject({ digest });

const count = z.int().check(z.minimum(0));

/** The settings of a namespace; members come with the capability that obeys them. */
export const NamespaceBody = z.strictObject({
  description: z.optional(text(1000)),
  public: z.optional(z.boolean()),
  blindWrites: z.optional(z.boolean()),
  messageRequired: z.optional(z.boolean()),
  quota: z.optional(z.strictObject({ keys: z.optional(count), bytes: z.optional(count) })),
});
export type NamespaceBody = z.infer<typeof NamespaceBody>;

export const ModeBody = z.strictObject({ mode: z.enum(["open", "read_only"]) });
