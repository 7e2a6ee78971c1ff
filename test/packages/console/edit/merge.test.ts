import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { MINE, mergeTexts, openConflicts } from "../../../../packages/console/views/edit/merge.ts";

const lines = fc
  .array(fc.constantFrom("a", "b", "c", "d", ""), { maxLength: 12 })
  .map((all) => all.join("\n"));

describe("mergeTexts", () => {
  test("takes what only one side has changed", () => {
    fc.assert(
      fc.property(lines, lines, (base, other) => {
        expect(mergeTexts({ mine: base, theirs: other, base, revision: 2 }).text).toBe(other);
        expect(mergeTexts({ mine: other, theirs: base, base, revision: 2 }).text).toBe(other);
      }),
    );
  });

  test("loses no line that one of the two has written", () => {
    const numbered = (side: string) =>
      fc.array(
        fc.nat(30).map((nth) => `${side}${nth}`),
        { maxLength: 8 },
      );
    fc.assert(
      fc.property(lines, numbered("m"), numbered("t"), fc.nat(12), fc.nat(12), (base, m, t, at, from) => {
        const put = (place: number, own: string[]) =>
          base
            .split("\n")
            .toSpliced(place, 1, ...own)
            .join("\n");
        const { text } = mergeTexts({ mine: put(at, m), theirs: put(from, t), base, revision: 2 });
        for (const own of [...m, ...t]) expect(text.split("\n")).toContain(own);
      }),
    );
  });

  test("marks where both have changed the same, with both", () => {
    const { text, conflicts } = mergeTexts({
      mine: "a\nx\nc",
      theirs: "a\ny\nc",
      base: "a\nb\nc",
      revision: 57,
    });
    expect([text, conflicts]).toEqual([`a\n${MINE}\nx\n=======\ny\n>>>>>>> revision 57\nc`, 1]);
    expect(openConflicts(text)).toEqual([2, text.indexOf(">>>>>>>")]);
  });

  test("asks about all that differs where nobody knows what was there", () => {
    const { text, conflicts } = mergeTexts({ mine: "a\nx", theirs: "a\ny", base: undefined, revision: 2 });
    expect(conflicts).toBe(1);
    for (const own of ["a", "x", "y"]) expect(text.split("\n")).toContain(own);
  });

  test("takes marks of somebody's own text for text", () => {
    expect(openConflicts("Title\n=======\n<<<<<<< HEAD\n")).toEqual([]);
  });
});
