/**
 * A folder: each file is a document, its path the key, its extension the media type. Links are followed inside the
 * folder only, as a mounted ConfigMap needs. Version control and the folder's own `.ledgeignore` are left out.
 */
import { lstatSync, readdirSync, readFileSync, readlinkSync, realpathSync, statSync } from "node:fs";
import { join, sep } from "node:path";
import { COMMIT_LIMITS } from "../../../../lib/core/commit/limits.ts";
import { parseFileName } from "../../../../lib/core/file-name.ts";
import { isSkippedName } from "../../../../lib/core/file-types.ts";
import { decodeUtf8 } from "../../../../lib/core/utf8.ts";
import { typeOfBytes } from "../../tree/file-types.ts";
import { type IndexedFiles, isIndexedPath, parseIndex } from "../../tree/index-file.ts";
import { IGNORE_FILE, INDEX_FILE } from "../../tree/natural-name.ts";
import { scanJson } from "../json-text.ts";
import { type Collector, tooLarge } from "../source.ts";
import { linesFormatOf, readLines } from "./lines.ts";

export interface FolderOptions {
  /** As the user named it; faults begin with it. */
  readonly name: string;
  /** The extension is the media type and no part of the key (lib/core/file-name.ts). */
  readonly stripExtensions: boolean;
  /** `.env` and `.properties` files become a key for each of their names. */
  readonly split: boolean;
}

export function readFolder(collector: Collector, options: FolderOptions): void {
  new FolderReader(collector, options).read();
}

class FolderReader {
  private readonly root: string;
  private readonly indexes = new Map<string, IndexedFiles>();

  constructor(
    private readonly collector: Collector,
    private readonly options: FolderOptions,
  ) {
    this.root = realpathSync(options.name);
  }

  read(): void {
    if (this.collector.options.namespace !== undefined) this.readIndex("");
    this.readBelow(this.root, "", [this.root]);
  }

  /** `path` is the folder's own below the root, with a slash at its end unless it is the root. */
  private readBelow(folder: string, path: string, above: readonly string[]): void {
    const names = readdirSync(folder, { withFileTypes: true, encoding: "buffer" });
    names.sort((left, right) => left.name.compare(right.name));
    for (const entry of names) {
      const name = decodeUtf8(entry.name);
      const shown = path + (name ?? escapeBytes(entry.name));
      if (this.collector.options.isExcluded(shown)) continue;
      if (name === undefined) this.fault(shown, "its name is not UTF-8: rename it");
      else if (!isSkippedName(name)) this.attempt(shown, () => this.readEntry(folder, shown, above));
    }
  }

  private attempt(path: string, work: () => void): void {
    try {
      work();
    } catch (error) {
      const code = error instanceof Error && "code" in error ? String(error.code) : undefined;
      if (code === undefined || !code.startsWith("E")) throw error;
      this.fault(path, WORDS[code] ?? `it cannot be read (${code})`);
    }
  }

  private readEntry(folder: string, path: string, above: readonly string[]): void {
    const name = path.slice(path.lastIndexOf("/") + 1);
    const file = join(folder, name);
    const found = lstatSync(file);
    const real = found.isSymbolicLink() ? realpathSync(file) : file;
    const kind = found.isSymbolicLink() ? statSync(real) : found;
    if (kind.isDirectory() && this.collector.options.isExcluded(`${path}/`)) return;
    if (found.isSymbolicLink() && real !== this.root && !real.startsWith(this.root + sep)) {
      this.fault(path, `it is a link out of the folder, to ${readlinkSync(file)}`);
      return;
    }
    if (kind.isDirectory()) this.readFolder(real, path, above);
    else if (kind.isFile()) this.readFile(real, path, kind.size);
    else this.fault(path, "it is neither a file nor a folder");
  }

  private readFolder(real: string, path: string, above: readonly string[]): void {
    if (above.includes(real)) {
      this.fault(path, "it is a link that leads in a circle");
      return;
    }
    if (this.collector.options.namespace === undefined && !path.includes("/")) {
      if (!this.collector.addNamespace(path, { file: this.place(path) })) return;
      this.readIndex(`${path}/`);
    }
    this.readBelow(real, `${path}/`, [...above, real]);
  }

  private readFile(real: string, path: string, size: number): void {
    const { home, inner } = this.split(path);
    if (inner === INDEX_FILE || inner === IGNORE_FILE) return;
    if (size > COMMIT_LIMITS.valueBytes) {
      this.fault(path, tooLarge(size));
      return;
    }
    const bytes = readFileSync(real);
    const at = { file: this.place(path) };
    const format = this.options.split ? linesFormatOf(path) : undefined;
    if (format !== undefined) {
      const folder = path.replace(/[^/]*$/, (name) => stemOf(name));
      readLines(this.collector, format, { folder, file: at.file, bytes });
      return;
    }
    const indexed = this.indexes.get(home)?.get(inner);
    if (indexed !== undefined)
      this.collector.add({ path: home + (indexed.key ?? inner), bytes, at, mediaType: indexed.mediaType });
    else if (isIndexedPath(inner)) this.fault(path, `${home}${INDEX_FILE} does not say which key it is`);
    else if (this.options.stripExtensions) this.addStripped(home, inner, bytes);
    else this.collector.add({ path, bytes, at });
  }

  private addStripped(home: string, inner: string, bytes: Uint8Array): void {
    const named = parseFileName(inner);
    const at = { file: this.place(home + inner) };
    if (named === undefined) {
      this.collector.fault(at, "it is not the name of a key");
      return;
    }
    const mediaType = named.mediaType ?? typeOfBytes(bytes);
    this.collector.add({ path: home + named.key, bytes, at, mediaType });
  }

  /** The folder that an index belongs to, and the path below it. */
  private split(path: string): { home: string; inner: string } {
    const cut = this.collector.options.namespace === undefined ? path.indexOf("/") + 1 : 0;
    return { home: path.slice(0, cut), inner: path.slice(cut) };
  }

  private readIndex(home: string): void {
    const file = join(this.root, home, INDEX_FILE);
    if (lstatSync(file, { throwIfNoEntry: false })?.isFile() !== true) return;
    const bytes = readFileSync(file);
    const { faults } = scanJson(bytes, { partsDepth: 0, levels: 3 });
    const at = { file: this.place(home + INDEX_FILE) };
    for (const { what, ...place } of faults) this.collector.fault({ ...at, ...place }, what);
    const index = faults.length > 0 ? new Map() : parseIndex(bytes.toString("utf8"));
    if (index === undefined)
      this.collector.fault(at, 'it is no index: {"format": 1, "files": {PATH: {"key", "mediaType"}}}');
    else this.indexes.set(home, index);
  }

  private fault(path: string, what: string): void {
    this.collector.fault({ file: this.place(path) }, what);
  }

  private place(path: string): string {
    return join(this.options.name, path);
  }
}

const WORDS: Readonly<Record<string, string>> = {
  ENOENT: "it is a link to what is not there",
  ELOOP: "it is a link that leads in a circle",
  EACCES: "it may not be read",
};

/** The folder that a split file becomes: its name without the extension; `.env` is its own folder. */
function stemOf(name: string): string {
  const stem = name.replace(/\.(env|properties)$/i, "");
  return stem === "" ? "" : `${stem}/`;
}

/** A name as bytes, so that it can be found: `caf\xe9`. */
function escapeBytes(name: Buffer): string {
  return [...name]
    .map((byte) => (byte >= 32 && byte < 127 ? String.fromCharCode(byte) : `\\x${byte.toString(16)}`))
    .join("");
}
