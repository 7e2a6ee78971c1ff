/** The routes that say what a change would do, and that undo changes, each with every code that it may refuse with. */
import { COMMIT_LIMITS } from "../../core/commit/limits.ts";
import {
  ASKED,
  CHANGES,
  CHANGES_BODY,
  COMMITTED,
  JSON_BODY,
  type Operation,
  PAST,
  REVIEWED,
  SAID,
  SHOWN,
  WORDS,
} from "../operation.ts";

export const planRoutes = [
  {
    id: "plan",
    component: "config-plan",
    method: "post",
    path: "/v1/plan",
    summary:
      "What a commit or a revert would do, be refused for and should be warned of. Nothing is written.",
    needs: {
      anyOf: [{ verb: "plan", over: "any" }],
      besides:
        " and `read` over the same key, for each key that is named; `history` too for the keys of a revert",
    },
    parameters: SAID,
    body: { schema: "PlanBody", ...CHANGES_BODY },
    answers: {
      200: {
        description: "The plan. `ok` says whether it would be committed now.",
        content: "PlanAnswer",
        headers: SHOWN,
      },
    },
    codes: [
      ...ASKED,
      ...JSON_BODY,
      ...PAST,
      "forbidden",
      "reserved_namespace",
      "namespace_not_found",
      "bad_namespace",
      "bad_key",
      "too_many_changes",
      "duplicate_change",
      "value_malformed",
      "not_found",
    ],
  },
  {
    id: "revert",
    component: "config-plan",
    method: "post",
    path: "/v1/revert",
    summary:
      "Undoes commits, or puts a key or the keys of a prefix back to how they were, as a new commit. `conflicts` says what becomes of keys that were changed again: `ours` undoes them too, `theirs` leaves them.",
    needs: {
      anyOf: [{ verb: "write", over: "any" }],
      besides: " and `history` over the same key, for each key of the commits or of the prefix",
    },
    parameters: WORDS,
    body: { schema: "RevertBody", bytesMax: 2 * COMMIT_LIMITS.bodyBytes },
    answers: {
      200: { description: "Committed, or `unchanged`.", content: "CommitAnswer", headers: COMMITTED },
    },
    codes: [
      "rate_limited",
      ...ASKED,
      ...CHANGES,
      ...JSON_BODY,
      ...PAST,
      "stale",
      "reserved_namespace",
      "namespace_not_found",
      "message_required",
      ...REVIEWED,
      "quota_exceeded",
      "schema_violation",
      "schema_too_costly",
      "idempotency_mismatch",
      "bad_namespace",
      "bad_key",
      "too_many_changes",
      "not_found",
      "plan_changed",
    ],
  },
] as const satisfies readonly Operation[];
