import { expect, test } from "vitest";
import { documentText } from "../../../../packages/console/parts/text.ts";

test("a document's text has every character, a byte order mark among them", () => {
  expect(documentText(Uint8Array.of(0xef, 0xbb, 0xbf, 0x61))).toBe("\ufeffa");
  expect(documentText(Uint8Array.of(0xff))).toBeUndefined();
});
