/** What components ask each other by service chaining. */
import { COMMIT_LIMITS } from "../../core/commit/limits.ts";
import { SCHEMA_BYTES_MAX } from "../../core/schema-key.ts";
import { TELL_USED, USED_AT_ONCE } from "../../core/tokens-used.ts";
import type { Operation } from "../operation.ts";

export const internalRoutes = [
  {
    id: "backUpCommitted",
    component: "snapshot-export",
    method: "post",
    path: "/internal/backup/committed",
    summary: "Another component has committed a revision and wants it in the bucket.",
    needs: "chained",
    parameters: ["committedRevision", "committedWait", "committedUntil"],
    answers: {
      200: { description: "What the bucket holds, once that was waited for.", headers: ["Ledge-Backed-Up?"] },
      202: { description: "It begins." },
    },
    codes: ["bad_parameter", "unknown_parameter", "no_route", "bucket_not_set"],
  },
  {
    id: "lookForBackups",
    component: "snapshot-export",
    method: "post",
    path: "/internal/backup/look",
    summary:
      "Another component has to know whether the bucket holds backups, or more of this history than the store.",
    needs: "chained",
    parameters: ["committedUntil"],
    answers: {
      202: { description: "The bucket has not answered in time; the look goes on." },
      204: { description: "What the look has found stands in the store." },
    },
    codes: [
      "bad_parameter",
      "unknown_parameter",
      "no_route",
      "bucket_not_set",
      "bucket_unavailable",
      "bucket_denied",
    ],
  },
  {
    id: "digestPlan",
    component: "snapshot-export",
    method: "post",
    path: "/internal/plan-digest",
    summary: "Another component has a plan to hash that would take it too long.",
    needs: "chained",
    store: "none",
    parameters: [],
    // The values, and the names of what they are for.
    body: { schema: "bytes", bytesMax: 2 * COMMIT_LIMITS.encodedBytes },
    answers: { 204: { description: "The digest, in a header that no client sees." } },
    codes: ["unknown_parameter", "no_route", "too_large", "invalid_body"],
  },
  {
    id: "noteUsed",
    component: "snapshot-export",
    method: "post",
    path: TELL_USED.path,
    summary: "The host has noticed which tokens were used.",
    needs: "chained",
    parameters: [],
    body: { schema: "bytes", bytesMax: 64 * USED_AT_ONCE },
    answers: { 204: { description: "It is put down." } },
    codes: ["unknown_parameter", "no_route", "too_large", "invalid_body"],
  },
  {
    id: "judgeValues",
    component: "schema-check",
    method: "post",
    path: "/internal/schema-check/values",
    summary: "Another component has values that schemas cover.",
    needs: "chained",
    store: "none",
    parameters: [],
    // The values, and the names of what they are for.
    body: { schema: "bytes", bytesMax: 2 * COMMIT_LIMITS.encodedBytes },
    answers: {
      200: { description: "The schemas that they were judged by, and what was found.", content: "text" },
    },
    codes: ["unknown_parameter", "no_route", "too_large", "invalid_body"],
  },
  {
    id: "compareSchema",
    component: "schema-check",
    method: "post",
    path: "/internal/schema-check/compare",
    summary: "Another component has a schema to put.",
    needs: "chained",
    store: "none",
    parameters: [],
    body: { schema: "bytes", bytesMax: 2 * SCHEMA_BYTES_MAX },
    answers: { 200: { description: "Which documents would fail it, and where to go on.", content: "text" } },
    codes: [
      "unknown_parameter",
      "no_route",
      "too_large",
      "invalid_body",
      "schema_invalid",
      "schema_too_costly",
    ],
  },
] as const satisfies readonly Operation[];
