/** `.env` and `.properties` files, split: each of their names becomes a key, its value the document's text. */
import { parse } from "dotenv";
import { Properties } from "properties-file/parser";
import type { Collector } from "../source.ts";
import { findUtf8Fault } from "../utf8.ts";

export type LinesFormat = "env" | "properties";

interface SplitFile {
  /** What comes before each name: nothing, or a folder with its slash. */
  readonly folder: string;
  readonly file: string;
  readonly bytes: Uint8Array;
}

/** Which of the two a file's name says. */
export function linesFormatOf(file: string): LinesFormat | undefined {
  return /\.env$/i.test(file) ? "env" : /\.properties$/i.test(file) ? "properties" : undefined;
}

export function readLines(collector: Collector, format: LinesFormat, split: SplitFile): void {
  const broken = findUtf8Fault(split.bytes);
  if (broken !== undefined) {
    collector.fault({ file: split.file, ...broken }, broken.what);
    return;
  }
  const text = new TextDecoder().decode(split.bytes);
  if (format === "env") readEnv(collector, split, text);
  else readProperties(collector, split, text);
}

const ASSIGNMENT = /^\s*(?:export\s+)?([\w.-]+)\s*(?:=|:\s)\s*(["'`]?)/;

/** The parser passes over what it does not know; an import must not, so each line is accounted for. */
function readEnv(collector: Collector, split: SplitFile, text: string): void {
  const values = parse(text);
  const lines = text.split(/\r\n?|\n/);
  const lineOf = new Map<string, number>();
  for (let index = 0; index < lines.length; index += 1) {
    const line = lines[index] ?? "";
    if (/^\s*(#.*)?$/.test(line)) continue;
    const at = { file: split.file, line: index + 1 };
    const [opening = "", name = "", quote = ""] = ASSIGNMENT.exec(line) ?? [];
    if (name === "") {
      collector.fault(at, "NAME=value is wanted here");
      continue;
    }
    const other = lineOf.get(name);
    if (other !== undefined) collector.fault(at, `${name} stands here again; line ${other} has it, too`);
    else lineOf.set(name, index + 1);
    const end = quote === "" ? index : closingLine(lines, index, opening.length, quote);
    if (end < 0) collector.fault(at, `the ${quote} of ${name} is never closed`);
    else index = end;
  }
  for (const [name, line] of lineOf) add(collector, split, { name, value: values[name] ?? "", line });
}

/** Index of the line on which a quoted value ends; -1 where it never does. */
function closingLine(lines: readonly string[], index: number, from: number, quote: string): number {
  const closes = (text: string) => text.replaceAll(`\\${quote}`, "").includes(quote);
  if (closes(lines[index]?.slice(from) ?? "")) return index;
  return lines.findIndex((line, nth) => nth > index && closes(line));
}

function readProperties(collector: Collector, split: SplitFile, text: string): void {
  const malformed = text
    .split(/\r\n?|\n/)
    .findIndex((line) => /(?<!\\)(?:\\\\)*\\u(?![\da-f]{4})/i.test(line));
  if (malformed >= 0) {
    collector.fault({ file: split.file, line: malformed + 1 }, "\\u takes four hexadecimal digits");
    return;
  }
  const properties = new Properties(text);
  for (const { key, nodes } of properties.getKeyCollisions())
    for (const { startingLineNumber: line } of nodes.slice(1))
      collector.fault(
        { file: split.file, line },
        `${key} stands here again; line ${nodes[0]?.startingLineNumber} has it, too`,
      );
  const seen = new Set<string>();
  for (const node of properties.nodes) {
    if (node.type !== "property" || seen.has(node.key)) continue;
    seen.add(node.key);
    add(collector, split, { name: node.key, value: node.value, line: node.startingLineNumber });
  }
}

function add(
  collector: Collector,
  { folder, file }: SplitFile,
  { name, value, line }: { name: string; value: string; line: number },
): void {
  collector.addText({ path: folder + name, text: value, mediaType: "text/plain", at: { file, line } });
}
