/**
 * `.ledge-index.json`: for files whose name does not tell their key or media type. One in the folder of each namespace,
 * written by export and read by import; people may write one, too.
 */
import * as z from "zod/mini";
import { INDEXED_FOLDER } from "./natural-name.ts";

const IndexedFile = z.strictObject({
  /** The key; without it the file's path is the key. */
  key: z.optional(z.string().check(z.minLength(1), z.maxLength(1024))),
  /** The media type; without it name and bytes tell it. */
  mediaType: z.optional(z.string().check(z.minLength(3), z.maxLength(200))),
});
export type IndexedFile = z.infer<typeof IndexedFile>;

const TreeIndex = z.strictObject({ format: z.literal(1), files: z.record(z.string(), IndexedFile) });

/** Path below the index's folder to what it says. */
export type IndexedFiles = ReadonlyMap<string, IndexedFile>;

export function formatIndex(files: IndexedFiles): string {
  return `${JSON.stringify({ format: 1, files: Object.fromEntries(files) }, null, 2)}\n`;
}

/** Undefined for a text that is no index; its JSON was checked before. */
export function parseIndex(text: string): IndexedFiles | undefined {
  const parsed = TreeIndex.safeParse(JSON.parse(text)).data;
  return parsed === undefined ? undefined : new Map(Object.entries(parsed.files));
}

/** Whether a path lies where only the index gives names. */
export function isIndexedPath(path: string): boolean {
  return path.startsWith(`${INDEXED_FOLDER}/`);
}
