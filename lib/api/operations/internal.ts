/** What components ask each other by service chaining. */
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
] as const satisfies readonly Operation[];
