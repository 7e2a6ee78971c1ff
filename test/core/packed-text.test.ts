import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { packText, unpackText } from "../../lib/core/packed-text.ts";

const again = (text: string) => Buffer.from(unpackText(packText(text))).toString();

describe("a packed text", () => {
  test.each([
    ["nothing", ""],
    ["one character", "x"],
    ["more plain characters than one piece holds", Array.from({ length: 700 }, (_, n) => n).join("")],
    ["a repetition longer than one piece tells", "ab".repeat(2000)],
    ["other characters than ASCII", "häßlich … 🦜 häßlich … 🦜"],
    [
      "a repetition from further back than it can tell",
      `needle-needle${"0123456789".repeat(7000)}needle-needle`,
    ],
  ])("is the same text again: %s", (_, text) => {
    expect(again(text)).toBe(text);
  });

  test("is the same text again, whatever it is", () => {
    const words = fc.array(fc.oneof(fc.constantFrom("select ", "from ", "where x = 1; "), fc.string()));
    fc.assert(
      fc.property(words, (parts) => {
        expect(again(parts.join(""))).toBe(parts.join(""));
      }),
    );
  });

  test("is short where the text repeats itself, and of one byte a character", () => {
    const { pieces } = packText("create table t(a text not null);\n".repeat(100));
    expect(pieces.length).toBeLessThan(300);
    expect(pieces).toMatch(/^[\0-\xff]*$/);
  });
});
