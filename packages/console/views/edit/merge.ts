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
  const blocks = diff3Merge(mine.split("\n"), (base ?? "").split("\n"), theirs.split("\n"), {
    excludeFalseConflicts: true,
  });
  const lines = blocks.flatMap(({ ok, conflict }) => {
    if (conflict === undefined) return ok ?? [];
    conflicts += 1;
    return [MINE, ...conflict.a, BETWEEN, ...conflict.b, `>>>>>>> revision ${revision}`];
  });
  return { text: lines.join("\n"), conflicts };
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
