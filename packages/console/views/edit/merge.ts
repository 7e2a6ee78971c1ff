/** Three texts into one: what only one side has changed is taken, and where both have, both stand there with marks around. */
import { diff3Merge } from "node-diff3";

export const MINE = "<<<<<<< yours";
const BETWEEN = "=======";
const THEIRS = /^>>>>>>> revision \d+$/;

export interface MergedText {
  readonly text: string;
  readonly conflicts: number;
}

/** `base` undefined: nobody knows it any more, so that everything in which the two differ is a conflict. */
export function mergeTexts({
  mine,
  theirs,
  base,
  revision,
}: {
  mine: string;
  theirs: string;
  base: string | undefined;
  /** Of theirs. */
  revision: number;
}): MergedText {
  let conflicts = 0;
  const { begin, middles, end } = withoutEnds([mine, base ?? "", theirs].map((text) => text.split("\n")));
  const [a = [], o = [], b = []] = middles;
  const blocks = diff3Merge(a, o, b, { excludeFalseConflicts: true });
  const lines = blocks.flatMap(({ ok, conflict }) => {
    if (conflict === undefined) return ok ?? [];
    conflicts += 1;
    return [MINE, ...conflict.a, BETWEEN, ...conflict.b, `>>>>>>> revision ${revision}`];
  });
  return { text: [...begin, ...lines, ...end].join("\n"), conflicts };
}

/** What all begin and end with is the same, and needs no comparing, which for many equal lines takes long. */
function withoutEnds(all: readonly string[][]) {
  const [first = [], ...others] = all;
  const least = Math.min(...all.map(({ length }) => length));
  const same = (at: (lines: string[]) => string | undefined) => others.every((one) => at(one) === at(first));
  let head = 0;
  while (head < least && same((lines) => lines[head])) head += 1;
  let tail = 0;
  while (tail < least - head && same((lines) => lines[lines.length - 1 - tail])) tail += 1;
  return {
    begin: first.slice(0, head),
    middles: all.map((lines) => lines.slice(head, lines.length - tail)),
    end: first.slice(first.length - tail),
  };
}

/** Marks that still stand there, each by where it begins. */
export function openConflicts(text: string): number[] {
  if (!text.includes(MINE) && !text.includes(">>>>>>> revision ")) return [];
  const places: number[] = [];
  let at = 0;
  for (const line of text.split("\n")) {
    if (line === MINE || THEIRS.test(line)) places.push(at);
    at += line.length + 1;
  }
  return places;
}
