/**
 * What the commands read out of the server's answers: only the members that they use, so that a newer server
 * may say more.
 */
import * as z from "zod";

export const Listed = z.object({
  namespace: z.string(),
  key: z.string(),
  revision: z.number(),
  etag: z.string(),
  mediaType: z.string(),
  size: z.number(),
  modified: z.string().optional(),
  /** The value, where it was asked for and is text. */
  text: z.string().optional(),
});
export type Listed = z.infer<typeof Listed>;

export const ListPage = z.object({
  revision: z.number(),
  documents: z.array(Listed),
  prefixes: z.array(z.string()).optional(),
  next: z.string().optional(),
});

export const Committed = z.object({
  revision: z.number(),
  unchanged: z.boolean(),
  changes: z.array(
    z.object({
      op: z.string(),
      namespace: z.string(),
      key: z.string(),
      result: z.string(),
      etag: z.string().nullish(),
    }),
  ),
});
export type Committed = z.infer<typeof Committed>;
