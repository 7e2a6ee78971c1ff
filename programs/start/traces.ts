/**
 * What a start makes in the data folder before it listens. Promise: a start that is refused leaves the folder as it was; what
 * somebody else made, and what holds anything of a user's, stays.
 */
import { existsSync, mkdirSync, readdirSync, rmdirSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";

export class Traces {
  readonly #undoing: (() => void)[] = [];
  #kept = false;

  /** `undo` runs when the start is refused, the last that was added first. */
  add(undo: () => void): void {
    this.#undoing.push(undo);
  }

  get kept(): boolean {
    return this.#kept;
  }

  /** The start has come about. */
  keep(): void {
    this.#kept = true;
    this.#undoing.length = 0;
  }

  undo(): void {
    for (let undo = this.#undoing.pop(); undo !== undefined; undo = this.#undoing.pop()) undo();
  }
}

/** Makes a folder with those above it; they go again as far as they are empty. */
export function makeFolder(path: string, traces: Traces): void {
  const missing: string[] = [];
  for (let folder = path; !existsSync(folder); folder = dirname(folder)) missing.unshift(folder);
  const [first] = missing;
  if (first === undefined) {
    // Refused where it is no folder.
    readdirSync(path);
    return;
  }
  // One by one: where a file system makes no folders (/proc), Node's recursive form never comes back.
  for (const folder of missing) mkdirSync(folder, { mode: 0o700 });
  traces.add(() => {
    for (let folder = path; readdirSync(folder).length === 0; folder = dirname(folder)) {
      rmdirSync(folder);
      if (folder === first) return;
    }
  });
}

/** A database file that is not there yet goes again with what SQLite puts beside it. */
export function willMakeStore(file: string, traces: Traces): void {
  if (existsSync(file)) return;
  traces.add(() => {
    for (const suffix of ["", "-wal", "-shm", "-journal"]) rmSync(`${file}${suffix}`, { force: true });
  });
}

/** The same of the bundled bucket, unless it holds an object by then. */
export function willMakeBucket(dataDir: string, traces: Traces): void {
  const folder = join(dataDir, "bucket");
  if (existsSync(folder)) return;
  traces.add(() => {
    if (!existsSync(folder)) return;
    const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((one) => one.isFile());
    if (files.every(({ name }) => name === "credentials.json")) rmSync(folder, { recursive: true });
  });
}
