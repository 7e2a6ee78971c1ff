/** The body of an approval: exactly this content, on exactly the state that it was planned for. */
import * as z from "zod/mini";
import { sha256 } from "./shapes.ts";

export const ApproveBody = z.strictObject({
  planDigest: sha256,
  /** `false`: it is approved, and whoever may write its keys applies it later. */
  apply: z.optional(z.boolean()),
});
export type ApproveBody = z.infer<typeof ApproveBody>;
