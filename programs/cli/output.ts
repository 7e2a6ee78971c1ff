/**
 * What people see. Data goes to stdout, talk to stderr; colours and moving bars only where a terminal is.
 */
import { progress as bar } from "@clack/prompts";
import Table from "cli-table3";
import color from "picocolors";

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
  const text = JSON.stringify(value, null, 2).replace(
    CONTROL,
    (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
  process.stdout.write(`${text}\n`);
}

/**
 * Raw bytes, as stored. On a terminal control characters are escaped, and a missing last newline is added, so that the
 * prompt starts a line.
 */
export function printBytes(bytes: Uint8Array): void {
  process.stdout.write(
    process.stdout.isTTY ? escapeControl(new TextDecoder("utf-8", { ignoreBOM: true }).decode(bytes)) : bytes,
  );
  if (process.stdout.isTTY && bytes.at(-1) !== 10) process.stdout.write("\n");
}

/** Rows under plain headings, without lines; for scripts there is `-o json`. */
export function printTable(head: readonly string[], rows: readonly (readonly string[])[]): void {
  const none = {
    top: "",
    "top-mid": "",
    "top-left": "",
    "top-right": "",
    bottom: "",
    "bottom-mid": "",
    "bottom-left": "",
    "bottom-right": "",
    left: "",
    "left-mid": "",
    mid: "",
    "mid-mid": "",
    right: "",
    "right-mid": "",
    middle: "  ",
  };
  const table = new Table({
    ...(head.some((name) => name !== "") ? { head: [...head] } : {}),
    chars: none,
    style: { head: [], border: [], "padding-left": 0, "padding-right": 0 },
  });
  for (const row of rows) table.push(row.map(escapeControl));
  process.stdout.write(`${table.toString().replace(/[ \t]+$/gm, "")}\n`);
}

export function say(text: string): void {
  process.stderr.write(`${text}\n`);
}

export function sayDone(text: string): void {
  say(`${talking.green("✓")} ${escapeControl(text)}`);
}

export function sayFailure(message: string, hint: string | undefined): void {
  say(`${talking.red("✗")} ${escapeControl(message)}`);
  if (hint !== undefined) say(`  ${talking.dim(escapeControl(hint))}`);
}

export interface Progress {
  /** `done` of the whole, in the unit that the message names. */
  to(done: number, message: string): void;
  end(message: string): void;
}

const QUIET_MS = 1000;
const LINE_MS = 5000;

/**
 * Progress of long work: nothing for the first second; then a bar on a terminal, and elsewhere a line every
 * few seconds. `total` may be a guess.
 */
export function openProgress(total: number): Progress {
  const startedMs = Date.now();
  const terminal = process.stderr.isTTY === true;
  let shown: ReturnType<typeof bar> | undefined;
  let last = 0;
  let lineMs = startedMs;
  return {
    to(done, message) {
      const nowMs = Date.now();
      if (nowMs - startedMs < QUIET_MS) return;
      if (!terminal) {
        if (nowMs - lineMs >= LINE_MS) {
          say(message);
          lineMs = nowMs;
        }
        return;
      }
      if (shown === undefined) {
        shown = bar({ max: Math.max(1, total), output: process.stderr, withGuide: false });
        shown.start(message);
      }
      shown.advance(Math.max(0, done - last), message);
      last = done;
    },
    end(message) {
      if (shown === undefined) sayDone(message);
      else shown.stop(message);
    },
  };
}

/** Work over bytes: `restoring: 3.0 MB of 12.0 MB`, on a progress of 100. */
export function sayBytes(
  progress: Progress,
  word: string,
  { doneBytes, totalBytes }: { readonly doneBytes: number; readonly totalBytes: number },
): void {
  const percent = totalBytes === 0 ? 0 : (100 * doneBytes) / totalBytes;
  progress.to(percent, `${word}: ${formatBytes(doneBytes)} of ${formatBytes(totalBytes)}`);
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
