/** Files that somebody dropped or chose, as documents: their paths are keys, as `ledge import` has it (docs/import.md). */
import { COMMIT_LIMITS } from "../../../../lib/core/commit/limits.ts";
import { isSkippedName, typeOfName } from "../../../../lib/core/file-types.ts";
import { decodeText } from "../../../client/document.ts";

export interface FoundFile {
  /** Below what was dropped. */
  readonly path: string;
  readonly file: File;
}

export interface FileDocument {
  readonly path: string;
  readonly mediaType: string;
  readonly bytes: Uint8Array;
}

export interface ReadFiles {
  readonly documents: readonly FileDocument[];
  /** What stands against them, all at once. */
  readonly faults: readonly string[];
}

const OURS = /^\.ledge(ignore|-index\.json|-files)$/;
/** Beyond that a page only counts. */
const FOUND_MAX = 5000;

/** Of a form: with the folder's own name, where a folder was chosen. */
export function filesChosen(files: FileList): FoundFile[] {
  return [...files]
    .map((file) => ({ path: file.webkitRelativePath.split("/").slice(1).join("/") || file.name, file }))
    .filter(({ path }) => !path.split("/").some(isSkippedName));
}

/** Of one folder its content; of several things each with its name. */
export async function filesDropped(items: DataTransferItemList): Promise<FoundFile[]> {
  // They are gone once this function waits for something.
  const entries = [...items].flatMap((item) => item.webkitGetAsEntry() ?? []);
  const found: FoundFile[] = [];
  const [only] = entries;
  const alone = entries.length === 1 && only !== undefined && isFolder(only);
  for (const entry of alone ? await entriesIn(only) : entries) await walk(entry, "", found);
  return found;
}

async function walk(entry: FileSystemEntry, above: string, found: FoundFile[]): Promise<void> {
  if (isSkippedName(entry.name) || found.length > FOUND_MAX) return;
  const path = above + entry.name;
  if (isFolder(entry)) for (const inner of await entriesIn(entry)) await walk(inner, `${path}/`, found);
  else if (isFile(entry))
    found.push({ path, file: await new Promise((resolve, reject) => entry.file(resolve, reject)) });
}

/* Not every browser has the constructors of these to ask for: Chromium names none of them. */
const isFolder = (entry: FileSystemEntry): entry is FileSystemDirectoryEntry => entry.isDirectory;
const isFile = (entry: FileSystemEntry): entry is FileSystemFileEntry => entry.isFile;

/** A browser tells a hundred at a time. */
async function entriesIn(folder: FileSystemDirectoryEntry): Promise<FileSystemEntry[]> {
  const reader = folder.createReader();
  const all: FileSystemEntry[] = [];
  for (;;) {
    const some = await new Promise<FileSystemEntry[]>((resolve, reject) =>
      reader.readEntries(resolve, reject),
    );
    if (some.length === 0) return all;
    all.push(...some);
  }
}

/** By their paths, as browsers give them in any order. All faults are told at once; nothing is planned while there is one. */
export async function readFiles(found: readonly FoundFile[]): Promise<ReadFiles> {
  const faults: string[] = [];
  const total = found.reduce((sum, { file }) => sum + file.size, 0);
  if (found.length > COMMIT_LIMITS.changes || total > COMMIT_LIMITS.bodyBytes)
    return {
      documents: [],
      faults: [
        `These are ${found.length} files. In one commit there is room for 1,000 of 2 MiB together: bring them with \`ledge import\`, or in parts.`,
      ],
    };
  const documents: FileDocument[] = [];
  for (const { path, file } of [...found].sort((a, b) => (a.path < b.path ? -1 : 1))) {
    if (OURS.test(path.split("/")[0] ?? "")) faults.push(`${path}: only \`ledge import\` reads it.`);
    else if (file.size > COMMIT_LIMITS.valueBytes) faults.push(`${path}: a value has at most 1 MiB.`);
    else {
      const bytes = new Uint8Array(await file.arrayBuffer());
      const named = typeOfName(path);
      if (named?.text === true && textOf(bytes) === undefined) faults.push(`${path}: it is not UTF-8.`);
      documents.push({ path, bytes, mediaType: named?.mediaType ?? guessed(bytes) });
    }
  }
  return { documents, faults };
}

function guessed(bytes: Uint8Array): string {
  const text = textOf(bytes);
  if (text === undefined) return "application/octet-stream";
  try {
    JSON.parse(text);
    return "application/json";
  } catch {
    return "text/plain";
  }
}

function textOf(bytes: Uint8Array): string | undefined {
  try {
    return decodeText(bytes);
  } catch {
    return undefined;
  }
}
