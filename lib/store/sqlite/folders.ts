/**
 * Folders that a person has named. Promise: each is made or refused at once. Node's recursive form never comes back where a file
 * system makes no folders (/proc): it is told ENOENT, makes the parent, which is there, and tries again for ever.
 */
import { existsSync, mkdirSync, statSync } from "node:fs";
import { dirname, resolve } from "node:path";

/** Makes a folder with those above it. Gives those that it made, the outermost first. Throws Node's own error. */
export function makeFolders(path: string, mode = 0o777): readonly string[] {
  const missing: string[] = [];
  for (let folder = resolve(path); !existsSync(folder); folder = dirname(folder)) missing.unshift(folder);
  // One that is there is asked for, too: it may be no folder.
  return (missing.length === 0 ? [resolve(path)] : missing).filter((folder) => makeFolder(folder, mode));
}

/** False: it was there, or somebody else has made it just now. */
function makeFolder(folder: string, mode: number): boolean {
  try {
    mkdirSync(folder, { mode });
    return true;
  } catch (error) {
    if (statSync(folder, { throwIfNoEntry: false })?.isDirectory() !== true) throw error;
    return false;
  }
}
