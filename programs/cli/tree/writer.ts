/**
 * Documents as files, in a folder for each namespace. Promise: every document is written. The key is the file's path
 * where a file system takes it; where not, the file has a short name of its own, and the index (index-file.ts) says the
 * key. Nothing that exists is written over, and no link leads out of the folder.
 */
import { createHash } from "node:crypto";
import { mkdirSync, readdirSync, realpathSync, renameSync, writeFileSync } from "node:fs";
import { dirname, extname, join } from "node:path";
import { formatFileName } from "../../../lib/core/file-name.ts";
import { typeOfName } from "../../../lib/core/file-types.ts";
import { isJsonType } from "../../../lib/core/media-type.ts";
import { makeFolders } from "../../../lib/store/sqlite/folders.ts";
import { EXIT, Failure } from "../failure.ts";
import { findUtf8Fault } from "../import/utf8.ts";
import type { TreeDocument } from "./document.ts";
import { typeOfBytes } from "./file-types.ts";
import { formatIndex, type IndexedFile } from "./index-file.ts";
import { INDEX_FILE, INDEXED_FOLDER, isNaturalKey } from "./natural-name.ts";

export interface TreeOptions {
  /** Names that differ only in case are kept apart by the index, for file systems that do not. */
  readonly foldCase: boolean;
  /** The media type is an extension after the key: what `import --strip-extensions` reads. */
  readonly addExtensions: boolean;
}

/** What a file system says of a name that it does not take, or has already. */
const NOT_TAKEN = new Set(["EEXIST", "ENOTDIR", "EISDIR", "ENAMETOOLONG", "EINVAL", "EILSEQ"]);

/** Writes below a folder that is empty or not there yet. `finish` writes the indexes. */
export class TreeWriter {
  private readonly root: string;
  private readonly namespaces = new Map<string, NamespaceFolder>();

  constructor(
    dir: string,
    private readonly options: TreeOptions,
  ) {
    makeFolders(dir);
    if (readdirSync(dir).length > 0) {
      throw new Failure(EXIT.usage, `${dir} is not empty`, {
        hint: "export into a new folder, and compare or move it yourself",
      });
    }
    this.root = realpathSync(dir);
  }

  /** A folder for a namespace that may hold no document. */
  addNamespace(name: string): NamespaceFolder {
    const known = this.namespaces.get(name);
    if (known !== undefined) return known;
    const folder = new NamespaceFolder(join(this.root, name), this.options);
    this.namespaces.set(name, folder);
    return folder;
  }

  write(document: TreeDocument): void {
    this.addNamespace(document.namespace).write(document);
  }

  /** How many files have their key in an index. */
  finish(): number {
    return [...this.namespaces.values()].reduce((sum, folder) => sum + folder.finish(), 0);
  }
}

class NamespaceFolder {
  private readonly made = new Set<string>();
  private readonly files = new Set<string>();
  private readonly folded = new Map<string, string>();
  private readonly indexed = new Map<string, IndexedFile>();

  constructor(
    private readonly root: string,
    private readonly options: TreeOptions,
  ) {
    mkdirSync(root);
  }

  write(document: TreeDocument): void {
    const { addExtensions } = this.options;
    const named = addExtensions ? formatFileName(document) : document.key;
    const isTaken = (addExtensions || isNaturalKey(named)) && this.place(named, document.bytes);
    const path = isTaken ? named : this.placeIndexed(document);
    const mediaType = addExtensions || isTypeTold(path, document) ? undefined : document.mediaType;
    if (!isTaken) this.indexed.set(path, { key: document.key, mediaType: document.mediaType });
    else if (mediaType !== undefined) this.indexed.set(path, { mediaType });
  }

  finish(): number {
    if (this.indexed.size > 0)
      writeFileSync(join(this.root, INDEX_FILE), formatIndex(this.indexed), { flag: "wx" });
    return [...this.indexed.values()].filter(({ key }) => key !== undefined).length;
  }

  /** False where the file system has the name already, or does not take it. */
  private place(path: string, bytes: Uint8Array): boolean {
    if (this.options.foldCase && this.isFolded(path)) return false;
    try {
      this.makeFolder(dirname(path));
      // wx: a file or a link that appeared meanwhile is not written through.
      writeFileSync(join(this.root, path), bytes, { flag: "wx" });
      this.files.add(path);
      return true;
    } catch (error) {
      if (error instanceof Error && "code" in error && NOT_TAKEN.has(String(error.code))) return false;
      throw error;
    }
  }

  private placeIndexed({ key, bytes }: TreeDocument): string {
    const path = indexedPath(key);
    this.makeFolder(INDEXED_FOLDER);
    writeFileSync(join(this.root, path), bytes, { flag: "wx" });
    return path;
  }

  /** Fails where a folder of another spelling is there: the file system folds names, and that one is for other keys. */
  private makeFolder(path: string): void {
    if (path === "." || this.made.has(path)) return;
    this.makeFolder(dirname(path));
    if (this.files.has(path)) this.giveWay(path);
    mkdirSync(join(this.root, path));
    this.made.add(path);
  }

  /** The document `a` comes before `a/b`. One file in the index is better than all that lie below it. */
  private giveWay(path: string): void {
    const other = indexedPath(path);
    this.makeFolder(INDEXED_FOLDER);
    renameSync(join(this.root, path), join(this.root, other));
    this.indexed.set(other, { ...this.indexed.get(path), key: path });
    this.indexed.delete(path);
    this.files.delete(path);
  }

  /** Whether some part of the path differs only in case from one that is taken; takes it where not. */
  private isFolded(path: string): boolean {
    const parts = path.split("/").map((_, index, all) => all.slice(0, index + 1).join("/"));
    const fold = (part: string) => part.normalize("NFC").toLowerCase();
    if (parts.some((part) => (this.folded.get(fold(part)) ?? part) !== part)) return true;
    for (const part of parts) this.folded.set(fold(part), part);
    return false;
  }
}

/** Short, and the same with each export; the extension stays, for whoever opens the file. */
function indexedPath(key: string): string {
  const digest = createHash("sha256").update(key).digest("hex").slice(0, 32);
  const extension = /^\.[A-Za-z0-9]{1,16}$/.exec(extname(key))?.[0] ?? "";
  return `${INDEXED_FOLDER}/${digest}${extension}`;
}

/** Whether an import would find this media type by itself. */
function isTypeTold(path: string, { mediaType, bytes }: TreeDocument): boolean {
  const named = typeOfName(path);
  if (named === undefined) return typeOfBytes(bytes) === mediaType;
  return (
    named.mediaType === mediaType &&
    (!named.text || isJsonType(mediaType) || findUtf8Fault(bytes) === undefined)
  );
}
