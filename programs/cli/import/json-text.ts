/**
 * JSON as text: where it is wrong, by line and column, and where its members stand. Values are never made into
 * JavaScript's and back, so numbers, member order and white space stay as they are written.
 *
 * Stricter than RFC 8259 in what the server refuses or no reader gets back: a byte order mark, members given twice,
 * more than 64 levels, and surrogates that stand alone (`\ud800`), which have no UTF-8.
 */
import { type ParseErrorCode, printParseErrorCode, visit } from "jsonc-parser";
import { JSON_DEPTH_MAX } from "../../../lib/core/json-depth.ts";
import { findLoneSurrogate, findUtf8Fault, type TextFault } from "./utf8.ts";

/** A value inside a JSON text: the names and indexes that lead to it, and where it stands. */
export interface JsonPart {
  readonly path: readonly (string | number)[];
  readonly text: string;
  readonly line: number;
  readonly column: number;
}

export interface ScannedJson {
  readonly faults: readonly TextFault[];
  /** Values down to the depth that was asked for, each after its parent; none where the text is no JSON. */
  readonly parts: readonly JsonPart[];
}

const WORDS: Readonly<Record<string, string>> = {
  ValueExpected: "a value is missing here",
  PropertyNameExpected: "a member's name in double quotes is missing here",
  ColonExpected: "a colon is missing here",
  CommaExpected: "a comma is missing here",
  CloseBraceExpected: "a } is missing here",
  CloseBracketExpected: "a ] is missing here",
  EndOfFileExpected: "the JSON has ended, and more follows",
  InvalidCommentToken: "JSON has no comments",
  UnexpectedEndOfString: "the string does not end on its line",
  InvalidEscapeCharacter: "that is no escape",
  InvalidUnicode: "\\u takes four hexadecimal digits",
  InvalidCharacter: "a control character must be escaped",
};

/** The first fault of bytes that are to be JSON. */
export function findJsonFault(bytes: Uint8Array): TextFault | undefined {
  return scanJson(bytes, { partsDepth: 0, levels: JSON_DEPTH_MAX }).faults[0];
}

/** All faults up to the first of syntax. `levels` is how deep the whole may nest. */
export function scanJson(
  bytes: Uint8Array,
  { partsDepth, levels }: { readonly partsDepth: number; readonly levels: number },
): ScannedJson {
  const broken = findUtf8Fault(bytes);
  if (broken !== undefined) return { faults: [broken], parts: [] };
  const text = new TextDecoder("utf-8", { ignoreBOM: true }).decode(bytes);
  if (text.startsWith("\ufeff")) {
    const what = "the file begins with a byte order mark (EF BB BF), which JSON has not: save it without";
    return { faults: [{ line: 1, column: 1, what }], parts: [] };
  }
  try {
    return new Scan(text, partsDepth, levels).run();
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    // The parser calls itself for each level, and the stack has ended.
    return { faults: [{ line: 1, column: 1, what: `it nests deeper than ${levels} levels` }], parts: [] };
  }
}

interface OpenContainer {
  readonly start: number;
  readonly line: number;
  readonly column: number;
  readonly path: readonly (string | number)[];
  /** Of an object: the members so far. */
  readonly names: Set<string> | undefined;
  nextIndex: number;
  member: string;
}

/** One walk over a text. The parser goes on after a fault of syntax, we do not: what follows would be guesses. */
class Scan {
  private readonly faults: TextFault[] = [];
  private readonly parts: (Omit<JsonPart, "text"> & { start: number; end: number })[] = [];
  private readonly open: OpenContainer[] = [];
  private isOver = false;
  private isTooDeep = false;

  constructor(
    private readonly text: string,
    private readonly partsDepth: number,
    private readonly levels: number,
  ) {}

  run(): ScannedJson {
    visit(
      this.text,
      {
        onObjectBegin: (at, _length, line, column) => this.begin(at, line, column, new Set()),
        onArrayBegin: (at, _length, line, column) => this.begin(at, line, column, undefined),
        onObjectEnd: (at, length) => this.end(at + length),
        onArrayEnd: (at, length) => this.end(at + length),
        onObjectProperty: (name, _at, _length, line, column) => this.name(name, line, column),
        onLiteralValue: (value, at, length, line, column) => this.literal(value, at, length, line, column),
        onError: (code, _at, _length, line, column) => this.syntax(code, line, column),
      },
      { disallowComments: true, allowTrailingComma: false, allowEmptyContent: false },
    );
    if (!this.isOver) this.judgeBySecondParser();
    if (this.isOver) return { faults: this.faults, parts: [] };
    const parts = this.parts
      .sort((left, right) => left.start - right.start || left.path.length - right.path.length)
      .map(({ start, end, ...part }) => ({ ...part, text: this.text.slice(start, end) }));
    return { faults: this.faults, parts };
  }

  private begin(start: number, line: number, column: number, names: Set<string> | undefined): void {
    if (this.isOver) return;
    this.open.push({ start, line, column, path: this.pathOfNext(), names, nextIndex: 0, member: "" });
    if (this.open.length <= this.levels || this.isTooDeep) return;
    this.isTooDeep = true;
    this.fault(line, column, `it nests deeper than ${this.levels} levels`);
  }

  private end(end: number): void {
    const done = this.isOver ? undefined : this.open.pop();
    if (done !== undefined) this.keep(done, end);
  }

  private name(name: string, line: number, column: number): void {
    const container = this.open.at(-1);
    if (this.isOver || container === undefined) return;
    this.judgeText(name, line, column);
    if (container.names?.has(name) === true)
      this.fault(line, column, `the member ${JSON.stringify(name)} stands twice in its object`);
    container.names?.add(name);
    container.member = name;
  }

  private literal(value: unknown, start: number, length: number, line: number, column: number): void {
    if (this.isOver) return;
    if (typeof value === "string") this.judgeText(value, line, column);
    this.keep({ start, line, column, path: this.pathOfNext() }, start + length);
  }

  private syntax(code: ParseErrorCode, line: number, column: number): void {
    if (this.isOver) return;
    this.isOver = true;
    this.fault(line, column, WORDS[printParseErrorCode(code)] ?? "that is no JSON");
  }

  private keep(
    { path, start, line, column }: Pick<OpenContainer, "path" | "start" | "line" | "column">,
    end: number,
  ): void {
    if (path.length <= this.partsDepth)
      this.parts.push({ path, start, end, line: line + 1, column: column + 1 });
  }

  /** Where the value that begins now stands. */
  private pathOfNext(): readonly (string | number)[] {
    const container = this.open.at(-1);
    if (container === undefined) return [];
    if (container.names !== undefined) return [...container.path, container.member];
    container.nextIndex += 1;
    return [...container.path, container.nextIndex - 1];
  }

  private judgeText(text: string, line: number, column: number): void {
    const what = findLoneSurrogate(text);
    if (what !== undefined) this.fault(line, column, what);
  }

  /** What one parser takes and the other does not is no JSON either. */
  private judgeBySecondParser(): void {
    try {
      JSON.parse(this.text);
    } catch {
      // Where it is wrong, that parser says in words that change with its version; so the text is named as a whole.
      this.isOver = true;
      this.fault(0, 0, "that is no JSON");
    }
  }

  private fault(line: number, column: number, what: string): void {
    this.faults.push({ line: line + 1, column: column + 1, what });
  }
}
