/** Where bytes stop being UTF-8, in words that help to find the place in an editor. */
import { isUtf8 } from "node:buffer";
import { LONE_SURROGATE } from "../../../lib/core/characters.ts";

/** A place in a text, counted from 1 in lines and characters. */
export interface TextPlace {
  readonly line: number;
  readonly column: number;
}

export interface TextFault extends TextPlace {
  readonly what: string;
}

/** The first byte that is not UTF-8; undefined when all are. */
export function findUtf8Fault(bytes: Uint8Array): TextFault | undefined {
  if (isUtf8(bytes)) return undefined;
  const all = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  // No character of several bytes holds a line end, so lines can be judged one by one.
  for (let line = 1, from = 0; ; line += 1) {
    const end = all.indexOf(10, from);
    const part = all.subarray(from, end < 0 ? all.length : end);
    if (!isUtf8(part)) return { line, ...findInLine(part) };
    from = end + 1;
  }
}

function findInLine(line: Buffer): { column: number; what: string } {
  let at = 0;
  let column = 1;
  for (const char of line.toString("utf8")) {
    const real = line.subarray(at, at + 3).equals(Buffer.from("\ufffd"));
    if (char === "\ufffd" && !real) break;
    at += Buffer.byteLength(char);
    column += 1;
  }
  const byte = (line[at] ?? 0).toString(16).padStart(2, "0");
  return { column, what: `the byte 0x${byte} is not UTF-8: save the file as UTF-8` };
}

/** What is wrong with an unescaped text that holds half of a character. */
export function findLoneSurrogate(text: string): string | undefined {
  const alone = LONE_SURROGATE.exec(text)?.[0].charCodeAt(0).toString(16);
  if (alone === undefined) return undefined;
  return `\\u${alone} is half of a surrogate pair and stands alone; it has no UTF-8`;
}
