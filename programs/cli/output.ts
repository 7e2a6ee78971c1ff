/**
 * What people see. Data goes to stdout, talk to stderr; colours and moving bars only where a terminal is.
 */
import color from "picocolors";
import { decodeUtf8 } from "../../lib/core/utf8.ts";
import { asTyped } from "./called.ts";

const talking = color.createColors(process.stderr.isTTY === true && process.env.NO_COLOR === undefined);

/** Control characters, and those that turn the direction of a line or break it. */
const CONTROL = /[^\P{Cc}\t\n]|[\u200e\u200f\u2028-\u202e\u2066-\u2069]/gu;

/** Text of others as a terminal may see it: such characters as \\xNN or \\uNNNN, but for line ends and tabs. */
export function escapeControl(text: string): string {
  return text.replace(CONTROL, (char) => {
    const hex = char.charCodeAt(0).toString(16);
    return hex.length > 2 ? `\\u${hex}` : `\\x${hex.padStart(2, "0")}`;
  });
}

/** The same value to any reader: what JSON may write plainly and a terminal would obey is escaped as JSON has it. */
export function printJson(value: unknown): void {
  printJsonText(JSON.stringify(value, null, 2));
}

/** An object with one more member, whose JSON text is printed as it stands: no number of it is parsed and written. */
export function printJsonWith(value: object, member: string, json: string): void {
  const rest = JSON.stringify(value, null, 2).replace(/\n}$/, "");
  printJsonText(`${rest},\n  ${JSON.stringify(member)}: ${json}\n}`);
}

/** The same on one line, for what comes one by one. */
export function printJsonLine(value: unknown): void {
  printJsonText(JSON.stringify(value));
}

function printJsonText(text: string): void {
  // Between values a carriage return is white space, and inside a string JSON has it escaped already.
  const escaped = text
    .replaceAll("\r", " ")
    .replace(CONTROL, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, "0")}`);
  process.stdout.write(`${escaped}\n`);
}

/**
 * Raw bytes, as stored. On a terminal control characters are escaped, bytes that are no text are shown as base64, and a
 * missing last newline is added, so that the prompt starts a line.
 */
export function printBytes(bytes: Uint8Array): void {
  if (process.stdout.isTTY !== true) {
    process.stdout.write(bytes);
    return;
  }
  const text = decodeUtf8(bytes);
  if (text === undefined) say(`not text but ${formatBytes(bytes.length)}, shown as base64:`);
  const shown = text === undefined ? Buffer.from(bytes).toString("base64") : escapeControl(text);
  process.stdout.write(shown.endsWith("\n") ? shown : `${shown}\n`);
}

/** Commands between backticks are said as they can be typed here (called.ts). */
export function say(text: string): void {
  process.stderr.write(`${asTyped(text)}\n`);
}

export function sayDone(text: string): void {
  say(`${talking.green("✓")} ${escapeControl(text)}`);
}

/** `code` is the word that docs/recovery.md and scripts know it by; it ends the first line. */
export function sayFailure(message: string, hint: string | undefined, code?: string): void {
  // What goes on below the first line, a second cause for one, stands under its words.
  const [first = "", ...more] = escapeControl(message)
    .replace(/\n(?! )/g, "\n  ")
    .split("\n");
  const named = code === undefined ? "" : ` ${talking.dim(`(${escapeControl(code)})`)}`;
  say([`${talking.red("✗")} ${first}${named}`, ...more].join("\n"));
  if (hint !== undefined) say(`  ${talking.dim(escapeControl(hint))}`);
}

export function sayWarning(text: string): void {
  say(`${talking.yellow("!")} ${escapeControl(text)}`);
}

export function formatBytes(bytes: number): string {
  if (bytes < 1000) return `${bytes} B`;
  if (bytes < 1e6) return `${(bytes / 1e3).toFixed(1)} kB`;
  return bytes < 1e9 ? `${(bytes / 1e6).toFixed(1)} MB` : `${(bytes / 1e9).toFixed(2)} GB`;
}

/** `1 document`, `2 documents`. */
export function countWords(number: number, word: string): string {
  return `${number.toLocaleString("en-US")} ${word}${number === 1 ? "" : "s"}`;
}
