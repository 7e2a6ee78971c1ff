import { expect, test } from "vitest";
import { sinceWords } from "../../../../packages/console/parts/since-words.ts";

test.each([
  { ms: 0, words: "now" },
  { ms: -9000, words: "now" },
  { ms: -30_000, words: "30 seconds ago" },
  { ms: -90_000, words: "1 minute ago" },
  // The server's clock is ahead of the browser's.
  { ms: 30_000, words: "in 30 seconds" },
  { ms: 7_200_000, words: "in 2 hours" },
])("a moment $ms ms from now is said as $words", ({ ms, words }) => {
  const nowMs = Date.parse("2026-11-30T12:00:00Z");
  expect(sinceWords(new Date(nowMs + ms).toISOString(), nowMs)).toBe(words);
});
