/** docs/operating.md against the source: no code without a meaning, no limit that is another. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { OPERATIONS } from "../../lib/api/operations.ts";
import { COMMIT_LIMITS } from "../../lib/core/commit/limits.ts";
import { PAGE_LIMITS } from "../../lib/core/page-limits.ts";
import { REFUSALS } from "../../lib/core/refusal-table.ts";
import { root } from "../../testkit/processes.ts";

const page = readFileSync(join(root, "docs/operating.md"), "utf8");
const named = [...page.matchAll(/`([a-z]+(?:_[a-z]+)*)`/g)].map(([, word]) => word ?? "");

test("tells what each code of a refusal means", () => {
  const codes = Object.keys(REFUSALS);
  expect(codes.filter((code) => !named.includes(code))).toEqual([]);
});

test("says of no code in use that it is none", () => {
  const [, unused = ""] = page.split("**Not in use yet**");
  const used: readonly string[] = OPERATIONS.flatMap(({ codes }) => codes);
  expect(used.filter((code) => unused.includes(`\`${code}\``))).toEqual([]);
});

test("has the limits that hold", () => {
  const { changes, valueBytes, bodyBytes, encodedBytes, keyBytes } = COMMIT_LIMITS;
  expect(page).toContain(`| a value | ${valueBytes / 2 ** 20} MiB |`);
  expect(page).toContain(
    `| a commit | ${changes.toLocaleString("en-US")} changes, ${bodyBytes / 2 ** 20} MiB of values, ${encodedBytes / 2 ** 20} MiB`,
  );
  expect(page).toContain(`| a key | ${keyBytes.toLocaleString("en-US")} bytes |`);
  expect(page).toContain(
    `| a page | ${PAGE_LIMITS.items.toLocaleString("en-US")} documents or ${PAGE_LIMITS.bytes / 2 ** 20} MiB |`,
  );
});
