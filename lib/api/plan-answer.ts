/** What POST /v1/plan answers with. */
import * as z from "zod/mini";
import { WARNINGS } from "../core/plan/warning.ts";
import { RefusalCause } from "./admin-answers.ts";
import { count, revision, sha256 } from "./shapes.ts";

const change = z.object({
  op: z.enum(["put", "delete", "check"]),
  namespace: z.string(),
  key: z.string(),
  result: z.enum(["created", "changed", "deleted", "unchanged", "checked"]),
  // What stands there now: 0 for nothing.
  baseRevision: count,
  sizeBefore: count,
  sizeAfter: count,
  mediaType: z.optional(z.string()),
  // In the plan of a revert: the revision whose value comes back.
  fromRevision: z.optional(revision),
});

/** `pointer` names a change of the request, or in the plan of a revert one of this answer. */
const warning = z.object({ code: z.enum(WARNINGS), detail: z.string(), pointer: z.string() });

export const PlanAnswer = z.object({
  // The plan is for this state.
  head: count,
  ok: z.boolean(),
  planDigest: sha256,
  changes: z.array(change),
  refusals: z.array(RefusalCause),
  warnings: z.array(warning),
  // Edges that have reported of a namespace; absent where none has.
  readers: z.optional(z.array(z.object({ namespace: z.string(), edges: count }))),
});
export type PlanAnswer = z.infer<typeof PlanAnswer>;
