/**
 * Changes as people see them: a line for each, and what it does to a text, as `diff -u`. Colours only where a terminal
 * is and NO_COLOR is not set.
 */
import { createTwoFilesPatch, FILE_HEADERS_ONLY } from "diff";
import { applyEdits, format } from "jsonc-parser";
import color from "picocolors";
import { isJsonType } from "../../lib/core/media-type.ts";
import { escapeControl } from "./output.ts";

export const paint = color.createColors(process.stdout.isTTY === true && process.env.NO_COLOR === undefined);

const SIGNS = { create: "+", change: "~", delete: "-", erase: "!" } as const;
const COLOURS = { create: paint.green, change: paint.yellow, delete: paint.red, erase: paint.red } as const;
export type ChangeKind = keyof typeof SIGNS;

/** `~ demo/limits/api  11 B → 12 B` */
export function printChange(kind: ChangeKind, name: string, details: string): void {
  const line = `${SIGNS[kind]} ${escapeControl(name)}`;
  printLine(`${COLOURS[kind](line)}  ${paint.dim(details)}`);
}

/** One side of a change: its text, null where there is no document, undefined where its bytes are no text. */
export type Side = { readonly name: string; readonly text: string | undefined } | null;

/** As `diff -u`; bytes that are no text are only said to differ. */
export function printPatch(before: Side, after: Side): void {
  const [was, is] = [before === null ? "" : before.text, after === null ? "" : after.text];
  if (was === undefined || is === undefined) {
    printLine(paint.dim("    bytes that are no text"));
    return;
  }
  if (was === is) return;
  const patch = createTwoFilesPatch(
    before?.name ?? "/dev/null",
    after?.name ?? "/dev/null",
    was,
    is,
    undefined,
    undefined,
    {
      context: 3,
      headerOptions: FILE_HEADERS_ONLY,
    },
  );
  for (const line of patch.split("\n").slice(0, -1)) printLine(colourOf(line)(escapeControl(line)));
}

/** A JSON text on one line, with line ends between its parts, so that a patch shows what changed in it. */
export function readable(text: string, mediaType: string): string {
  if (!isJsonType(mediaType) || text.trimEnd().includes("\n")) return text;
  const edits = format(text, undefined, { insertSpaces: true, tabSize: 2, eol: "\n" });
  return `${applyEdits(text, edits).trimEnd()}\n`;
}

export function printLine(line: string): void {
  process.stdout.write(`${line.trimEnd()}\n`);
}

function colourOf(line: string): (text: string) => string {
  if (line.startsWith("+++") || line.startsWith("---")) return paint.bold;
  if (line.startsWith("@@")) return paint.cyan;
  return line.startsWith("+") ? paint.green : line.startsWith("-") ? paint.red : (text) => text;
}
