/** Where the parts of this project lie that a start needs, and how a person would type a path. */
import { dirname, join, relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";

/** The folder of the project, where the launcher lies. */
export const root = resolve(dirname(fileURLToPath(import.meta.url)), "..", "..");

export const manifestFile = join(root, "spin.toml");
export const cacheDir = join(root, "dist", "cache");
export const workerFile = join(root, "dist", "programs", "host-worker.mjs");
/** Speaks to a libSQL server, where there is one. */
export const threadFile = join(root, "dist", "programs", "libsql-worker.mjs");

/** A path as a person in this folder would type it. */
export function shownPath(path: string): string {
  const short = relative(process.cwd(), path);
  return short === "" || short.startsWith("..") ? path : `./${short}`;
}
