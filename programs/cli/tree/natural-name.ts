/**
 * Keys as file names without any change: the key is the path. Not every key can stand so, and not every name of a tree
 * is a key; this file says which.
 */

import { isSkippedName } from "../../../lib/core/file-types.ts";

/** The index of a tree, in the folder of each namespace: what its names do not tell. */
export const INDEX_FILE = ".ledge-index.json";
/** Files of keys that cannot be names, beside the index. */
export const INDEXED_FOLDER = ".ledge-files";
/** Patterns of names that an import leaves out. */
export const IGNORE_FILE = ".ledgeignore";

const NAME_BYTES_MAX = 255;
const OURS = new Set([INDEX_FILE, INDEXED_FOLDER, IGNORE_FILE]);

/** Whether a file system takes the key as a path, and an import takes the path as this key. */
export function isNaturalKey(key: string): boolean {
  const segments = key.split("/");
  return !OURS.has(segments[0] ?? "") && segments.every(isNaturalSegment);
}

function isNaturalSegment(segment: string): boolean {
  return (
    segment !== "" &&
    // Some file systems drop dots and spaces at the end.
    !/[. ]$/.test(segment) &&
    !isSkippedName(segment) &&
    Buffer.byteLength(segment) <= NAME_BYTES_MAX
  );
}
