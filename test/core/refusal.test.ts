import { expect, test } from "vitest";
import { meaningOf, type RefusalCode } from "../../lib/core/refusal.ts";
import { type Meaning, REFUSALS } from "../../lib/core/refusal-table.ts";

test("what is packed of a code is what the table says of it", () => {
  const rows = Object.entries(REFUSALS) as [RefusalCode, Meaning][];
  for (const [code, { status, title, retryable = false }] of rows)
    expect(meaningOf(code), code).toEqual({ status, title, retryable });
});
