/**
 * Rows that fit the width of a terminal: the widest column is broken into lines, between its words as long as that does.
 * Knows nothing of colours; each character counts as one column.
 */

/** Between two columns. */
export const GAP = 2;
/** A column stays as wide, whatever the terminal is. */
const WIDTH_MIN = 8;

/** The same rows, with line breaks inside the cells that need them. */
export function fitRows(rows: readonly (readonly string[])[], columns: number): string[][] {
  const count = Math.max(0, ...rows.map((row) => row.length));
  const all = Array.from({ length: count }, (_, at) => rows.map((row) => row[at] ?? ""));
  const room = columns - GAP * (count - 1);
  const natural = all.map((cells) => widest(cells.flatMap((cell) => cell.split("\n"))));
  const words = all.map((cells) => widest(cells.flatMap(piecesOf).map((piece) => piece.trimEnd())));
  const widths = shrink(
    shrink(natural, words, room),
    words.map(() => WIDTH_MIN),
    room,
  );
  return rows.map((row) => row.map((cell, at) => broken(cell, widths[at] ?? columns)));
}

/** Takes from the widest that is wider than its least, one by one, until all fit or none can give more. */
function shrink(widths: readonly number[], least: readonly number[], room: number): number[] {
  const shrunk = [...widths];
  for (let over = sum(shrunk) - room; over > 0; over -= 1) {
    const spare = shrunk.map((width, at) => (width > (least[at] ?? 0) ? width : 0));
    const at = spare.indexOf(Math.max(...spare));
    if ((spare[at] ?? 0) === 0) break;
    shrunk[at] = (shrunk[at] ?? 0) - 1;
  }
  return shrunk;
}

function broken(cell: string, width: number): string {
  return cell
    .split("\n")
    .flatMap((line) => linesOf(line, width))
    .join("\n");
}

function linesOf(text: string, width: number): string[] {
  const lines: string[] = [];
  let line = "";
  for (const piece of piecesOf(text)) {
    if (line !== "" && lengthOf(`${line}${piece}`.trimEnd()) > width) {
      lines.push(line.trimEnd());
      line = "";
    }
    line += piece;
    while (lengthOf(line.trimEnd()) > width) {
      const letters = [...line];
      lines.push(letters.slice(0, width).join(""));
      line = letters.slice(width).join("");
    }
  }
  return [...lines, line.trimEnd()];
}

/** A text in the pieces between which a line may end: behind white space, and behind what parts a list or a path. */
function piecesOf(text: string): string[] {
  return text.match(/[^\s,/]*[\s,/]|[^\s,/]+$/g) ?? [];
}

function widest(texts: readonly string[]): number {
  return Math.max(0, ...texts.map(lengthOf));
}

function lengthOf(text: string): number {
  return [...text].length;
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((whole, one) => whole + one, 0);
}
