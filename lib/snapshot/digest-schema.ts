/** A state digest and a replay that were put down, as they are kept in the store between ticks. */
import * as z from "zod/mini";
import { SHA256_PATTERN } from "../core/patterns.ts";

const count = z.int().check(z.minimum(0));
const sha256 = z.string().check(z.regex(new RegExp(SHA256_PATTERN)));
const namespace = z.string().check(z.maxLength(63));
const namespaceState = z.strictObject({ namespace, keys: count, bytes: count, sha256 });
const namespaces = z.array(namespaceState).check(z.maxLength(100_000));

export const DigestProgress = z.strictObject({
  done: namespaces,
  open: z.nullable(
    z.strictObject({
      namespace,
      keys: count,
      bytes: count,
      blocks: z.array(sha256).check(z.maxLength(1_000_000)),
    }),
  ),
});
export type DigestProgress = z.infer<typeof DigestProgress>;

const place = z.nullable(z.strictObject({ namespace, key: z.string().check(z.maxLength(1024)) }));

/** A digest of a live store's state, up to a key. */
export const DigestAt = z.strictObject({ after: place, digest: DigestProgress });
export type DigestAt = z.infer<typeof DigestAt>;

/** A digest that came to its end. */
export const StateDigest = z.strictObject({ sha256, namespaces });
export type StateDigest = z.infer<typeof StateDigest>;

/** First the bucket is folded, then the live store is read; both up to the place after which they go on. */
export const ReplayState = z.strictObject({
  phase: z.enum(["bucket", "live"]),
  after: place,
  digest: DigestProgress,
  /** What the bucket's fold gave, once it is done. */
  folded: z.nullable(StateDigest),
});
export type ReplayState = z.infer<typeof ReplayState>;
