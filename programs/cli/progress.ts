/** How far long work is, on standard error. */
import type { progress } from "@clack/prompts";
import { formatBytes, say, sayDone } from "./output.ts";

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
  let bar: typeof progress | undefined;
  // Long before it is needed, where it will be.
  if (terminal)
    void import("@clack/prompts").then((prompts) => {
      bar = prompts.progress;
    });
  let shown: ReturnType<typeof progress> | undefined;
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
      if (bar === undefined) return;
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
