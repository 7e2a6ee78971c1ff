/**
 * A small file that tells others of a running server. Promise: a stop leaves what was there before, and
 * a process that is killed leaves the one or the other, whole.
 */
import { existsSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";

/** Writes a line now; `restore` puts back the former content, or removes the file. */
export function showWhileRunning(file: string, line: string): { restore(): void } {
  const before = existsSync(file) ? readFileSync(file) : undefined;
  writeWhole(file, `${line}\n`);
  return {
    restore() {
      if (before === undefined) rmSync(file, { force: true });
      else writeWhole(file, before);
    },
  };
}

function writeWhole(file: string, content: string | Uint8Array): void {
  const beside = `${file}.new`;
  writeFileSync(beside, content);
  renameSync(beside, file);
}
