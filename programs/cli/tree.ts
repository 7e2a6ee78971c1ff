/**
 * Documents as files. Reading refuses links, names that no key gives and two files for one key; writing refuses
 * names that differ only in case and anything that exists, and never follows a link out of its folder.
 */
import { lstatSync, mkdirSync, readdirSync, readFileSync, realpathSync, writeFileSync } from "node:fs";
import { dirname, join, relative, sep } from "node:path";
import { formatFileName, parseFileName } from "../../lib/core/file-name.ts";
import { guessType } from "./commands/put.ts";
import { EXIT, Failure } from "./failure.ts";

/** A document on its way in or out. */
export interface TreeDocument {
  readonly namespace: string;
  readonly key: string;
  readonly mediaType: string;
  readonly bytes: Uint8Array;
}

/** Every document below `dir`. Without `namespace`, the first folders are the namespaces. */
export function readTree(dir: string, namespace: string | undefined): TreeDocument[] {
  const seen = new Map<string, string>();
  return filesBelow(dir).map((file) => {
    const path = relative(dir, file).split(sep).join("/");
    const document = documentOf(file, path, namespace);
    const name = `${document.namespace}/${document.key}`;
    const other = seen.get(name);
    if (other !== undefined)
      throw new Failure(EXIT.usage, `${other} and ${path} are both the document ${name}`);
    seen.set(name, path);
    return document;
  });
}

function documentOf(file: string, path: string, namespace: string | undefined): TreeDocument {
  const slash = path.indexOf("/");
  if (namespace === undefined && slash < 0) {
    throw new Failure(EXIT.usage, `${path} lies in no namespace's folder`, {
      hint: "name the namespace with -n, or put files into folders named for theirs",
    });
  }
  const named = parseFileName(namespace === undefined ? path.slice(slash + 1) : path);
  if (named === undefined) throw new Failure(EXIT.usage, `${path} is not the name of a key`);
  const bytes = readFileSync(file);
  return {
    namespace: namespace ?? path.slice(0, slash),
    key: named.key,
    mediaType: named.mediaType ?? guessType(bytes),
    bytes,
  };
}

function filesBelow(dir: string): string[] {
  const files: string[] = [];
  for (const found of readdirSync(dir, { withFileTypes: true })) {
    const path = join(dir, found.name);
    if (found.isSymbolicLink())
      throw new Failure(EXIT.usage, `${path} is a link, and links are not followed`);
    if (found.isDirectory()) files.push(...filesBelow(path));
    else if (found.isFile()) files.push(path);
    else throw new Failure(EXIT.usage, `${path} is neither a file nor a folder`);
  }
  return files.sort();
}

/** Writes documents below a folder that is empty or not there yet; the file's path is named in every refusal. */
export class TreeWriter {
  private readonly root: string;
  private readonly folded = new Map<string, string>();
  private readonly made = new Set<string>();

  private readonly caseSensitive: boolean;

  constructor(dir: string, options: { caseSensitive: boolean }) {
    this.caseSensitive = options.caseSensitive;
    mkdirSync(dir, { recursive: true });
    if (readdirSync(dir).length > 0) {
      throw new Failure(EXIT.usage, `${dir} is not empty`, {
        hint: "export into a new folder, and compare or move it yourself",
      });
    }
    this.root = realpathSync(dir);
  }

  write(document: TreeDocument, withNamespace: boolean): void {
    const name = formatFileName(document);
    const path = withNamespace ? `${document.namespace}/${name}` : name;
    if (!this.caseSensitive) this.refuseCollision(path);
    const file = join(this.root, path);
    this.makeFolder(dirname(file));
    // wx: a file or a link that appeared meanwhile is not written through.
    writeFileSync(file, document.bytes, { flag: "wx" });
  }

  /** On a file system that folds case, `A` and `a` would be one file; refused unless told otherwise, so that a tree travels. */
  private refuseCollision(path: string): void {
    let at = 0;
    do {
      at = path.indexOf("/", at + 1);
      const part = at < 0 ? path : path.slice(0, at);
      const other = this.folded.get(part.toLowerCase());
      if (other !== undefined && other !== part) {
        throw new Failure(EXIT.refused, `${other} and ${part} differ only in case`, {
          hint: "some file systems would make one file of them; where yours does not, say --case-sensitive",
        });
      }
      this.folded.set(part.toLowerCase(), part);
    } while (at >= 0);
  }

  private makeFolder(folder: string): void {
    if (this.made.has(folder) || folder === this.root) return;
    this.makeFolder(dirname(folder));
    try {
      mkdirSync(folder);
    } catch (cause) {
      if (lstatSync(folder, { throwIfNoEntry: false })?.isDirectory() !== true) throw cause;
    }
    this.made.add(folder);
  }
}
