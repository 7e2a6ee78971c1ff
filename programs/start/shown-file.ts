/** A small file that tells others of a running server. Promise: a stop leaves what was there before. */
import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";

/** Writes a line now; `restore` puts back the former content, or removes the file. */
export function showWhileRunning(file: string, line: string): { restore(): void } {
  const before = existsSync(file) ? readFileSync(file) : undefined;
  writeFileSync(file, `${line}\n`);
  return {
    restore() {
      if (before === undefined) rmSync(file, { force: true });
      else writeFileSync(file, before);
    },
  };
}
