/**
 * What a start makes in the data folder before it listens. Promise: a start that is refused leaves the folder as it was; what
 * somebody else made, and what holds anything of a user's, stays.
 */
import { existsSync, readdirSync, rmdirSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { makeFolders } from "../../lib/store/sqlite/folders.ts";

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
export function makeDataFolder(path: string, traces: Traces): void {
  const [first] = makeFolders(path, 0o700);
  if (first === undefined) {
    // Refused where it cannot be listed.
    readdirSync(path);
    return;
  }
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
