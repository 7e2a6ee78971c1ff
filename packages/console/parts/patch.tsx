/** What a change does to a text, line by line, with three lines around each place. */
import { structuredPatch } from "diff";
import { useMemo } from "preact/hooks";
import { Scroll } from "./scroll.tsx";
import { shownText } from "./shown-text.ts";
import { documentText, readableText } from "./text.ts";

/** Longer lines are cut in the middle of the page, not in the document. */
const LINE_MAX = 2000;
const LINES_MAX = 2000;

export interface PatchSide {
  readonly bytes: Uint8Array;
  readonly mediaType: string;
}

interface Props {
  /** What is compared, for who cannot see where it stands. */
  readonly name: string;
  readonly before: PatchSide | undefined;
  readonly after: PatchSide | undefined;
}

export function Patch({ name, before, after }: Props) {
  const lines = useMemo(() => patchLines(before, after), [before, after]);
  if (lines === undefined) return <p class="soft">These bytes are no text, so no lines can be compared.</p>;
  if (lines.length === 0) return <p class="soft">The texts are equal.</p>;
  return (
    <Scroll of="patch" label={`What changes in ${shownText(name)}`}>
      {lines.slice(0, LINES_MAX).map(({ sign, text }, at) => (
        <span
          class={`line ${sign === "+" ? "plus" : sign === "-" ? "minus" : sign === "@" ? "hunk" : ""}`}
          key={at}
        >
          {sign === "@" ? "" : sign}
          {text.length > LINE_MAX ? `${shownText(text.slice(0, LINE_MAX))} …` : shownText(text)}
          {"\n"}
        </span>
      ))}
      {lines.length > LINES_MAX && <span class="line hunk">… and {lines.length - LINES_MAX} more lines</span>}
    </Scroll>
  );
}

export function patchLines(before: PatchSide | undefined, after: PatchSide | undefined) {
  const [a, b] = [readable(before), readable(after)];
  if (a === undefined || b === undefined) return undefined;
  const patch = structuredPatch("", "", a, b, "", "", { context: 3, timeout: 500 });
  // It took too long: all of the one for all of the other.
  if (patch === undefined) return [...marked("-", a), ...marked("+", b)];
  return patch.hunks.flatMap(({ oldStart, lines }, nth) => [
    ...(nth > 0 ? [{ sign: "@", text: `line ${oldStart}` }] : []),
    ...lines
      .filter((line) => !line.startsWith("\\"))
      .map((line) => ({ sign: line.slice(0, 1), text: line.slice(1) })),
  ]);
}

const marked = (sign: string, text: string) => text.split("\n").map((line) => ({ sign, text: line }));

/** Undefined for bytes that are no text. */
function readable(side: PatchSide | undefined): string | undefined {
  const text = side === undefined ? "" : documentText(side.bytes);
  return side === undefined || text === undefined ? text : readableText(text, side.mediaType);
}
