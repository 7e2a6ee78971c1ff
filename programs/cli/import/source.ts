/**
 * A source of documents as it was read: what it holds, what it speaks for, and everything that is wrong with it. Each
 * reader in sources/ fills a Collector, which gives names, types and checks, so that these rules stand once.
 *
 * Promise: a source with a fault is not written at all, and all its faults are told at once, each with its place.
 */
import { COMMIT_LIMITS } from "../../../lib/core/commit/limits.ts";
import { type FileType, typeOfName } from "../../../lib/core/file-types.ts";
import { judgeKey } from "../../../lib/core/key.ts";
import { isJsonType, parseMediaType } from "../../../lib/core/media-type.ts";
import { isNamespaceName, NAMESPACE_RULE } from "../../../lib/core/namespace.ts";
import type { TreeDocument } from "../tree/document.ts";
import { typeOfBytes } from "../tree/file-types.ts";
import { findJsonFault } from "./json-text.ts";
import { findLoneSurrogate, findUtf8Fault, type TextFault } from "./utf8.ts";

/** Where something stands: a file, and in it a line where one is known. */
export interface SourcePlace {
  readonly file: string;
  readonly line?: number;
  readonly column?: number;
}

export interface SourceFault extends SourcePlace {
  readonly what: string;
}

/** How names of the source become names of documents. */
export interface NamingOptions {
  /** Everything belongs to this namespace; without it the first part of each name is one. */
  readonly namespace?: string | undefined;
  /** Put before every key. */
  readonly prefix: string;
  /** Only names that begin with it are taken, and they lose it. */
  readonly stripPrefix: string;
  /** Whether a name (without its namespace's part only with `namespace`) is left out. */
  readonly isExcluded: (path: string) => boolean;
}

/** One value of a source. */
export interface SourceEntry {
  /** Its key; without `namespace` the namespace and a slash come first. */
  readonly path: string;
  readonly bytes: Uint8Array;
  readonly at: SourcePlace;
  /** Where something other than name and bytes says the type. */
  readonly mediaType?: string | undefined;
  /** Its JSON was checked as a part of the whole. */
  readonly isChecked?: boolean;
}

export interface SourceContent {
  readonly documents: readonly TreeDocument[];
  /** Namespaces that the source speaks for, also where it holds nothing of them. */
  readonly namespaces: readonly string[];
  readonly faults: readonly SourceFault[];
}

export class Collector {
  private readonly documents = new Map<string, TreeDocument & { at: SourcePlace }>();
  private readonly namespaces = new Set<string>();
  private readonly refused = new Set<string>();
  private readonly faults: SourceFault[] = [];

  constructor(readonly options: NamingOptions) {
    if (options.namespace !== undefined) this.addNamespace(options.namespace, { file: "-n" });
  }

  fault(at: SourcePlace, what: string): void {
    this.faults.push({ ...at, what });
  }

  /** A namespace that the source speaks for. False, and one fault, for a name that none can have. */
  addNamespace(name: string, at: SourcePlace): boolean {
    if (this.namespaces.has(name)) return true;
    if (!isNamespaceName(name)) {
      if (!this.refused.has(name))
        this.fault(at, `${JSON.stringify(name)} is no name of a namespace. ${NAMESPACE_RULE}`);
      this.refused.add(name);
      return false;
    }
    this.namespaces.add(name);
    return true;
  }

  /** The same for a text that was unescaped from its source, where half a character may have been left. */
  addText({ text, ...entry }: Omit<SourceEntry, "bytes"> & { readonly text: string }): void {
    const what = findLoneSurrogate(text);
    if (what === undefined) this.add({ ...entry, bytes: new TextEncoder().encode(text) });
    else this.fault(entry.at, what);
  }

  add(entry: SourceEntry): void {
    const { at, bytes } = entry;
    if (this.options.isExcluded(entry.path)) return;
    const name = this.nameOf(entry);
    if (name === undefined) return;
    const whole = `${name.namespace}/${name.key}`;
    const other = this.documents.get(whole);
    if (other !== undefined) {
      this.fault(at, `this is ${whole}, and so is ${formatPlace(other.at)}`);
      return;
    }
    if (bytes.length > COMMIT_LIMITS.valueBytes) {
      this.fault(at, tooLarge(bytes.length));
      return;
    }
    const mediaType = this.typeOf(entry);
    this.documents.set(whole, { ...name, mediaType, bytes, at });
  }

  /** Everything that was found, in the order in which it was added. */
  finish(): SourceContent {
    return {
      documents: [...this.documents.values()].map(({ at: _at, ...document }) => document),
      namespaces: [...this.namespaces],
      faults: this.faults,
    };
  }

  /** Undefined where the entry is left out, or has a fault in its name. */
  private nameOf({ path, at }: SourceEntry): { namespace: string; key: string } | undefined {
    const { namespace: named, prefix, stripPrefix } = this.options;
    const slash = path.indexOf("/");
    if (named === undefined && slash < 0) {
      this.fault(at, `it lies in no namespace: name one with -n, or put it below a folder of that name`);
      return undefined;
    }
    const namespace = named ?? path.slice(0, slash);
    const rest = named === undefined ? path.slice(slash + 1) : path;
    // The prefix alone is how Consul keeps an empty folder.
    if (!rest.startsWith(stripPrefix) || (stripPrefix !== "" && rest === stripPrefix)) return undefined;
    if (!this.addNamespace(namespace, at)) return undefined;
    const key = prefix + rest.slice(stripPrefix.length);
    const judged = judgeKey(key);
    if (judged.ok) return { namespace, key };
    this.fault(at, judged.detail);
    return undefined;
  }

  /** By what the entry says, then by its name, then by its bytes. Bytes that are not of the type are a fault. */
  private typeOf(entry: SourceEntry): string {
    const named =
      entry.mediaType === undefined ? typeOfName(entry.path) : this.judgeType(entry, entry.mediaType);
    if (named === undefined) return typeOfBytes(entry.bytes);
    if (entry.isChecked === true) return named.mediaType;
    const isJson = isJsonType(named.mediaType);
    const fault = isJson ? findJsonFault(entry.bytes) : named.text ? findUtf8Fault(entry.bytes) : undefined;
    if (fault !== undefined) this.faults.push(faultInside(entry.at, fault));
    return named.mediaType;
  }

  /** A type that is given holds as it is: its bytes are UTF-8 only where it says so itself. */
  private judgeType({ at }: SourceEntry, given: string): FileType {
    const judged = parseMediaType(given);
    if (judged.ok) return { mediaType: judged.value.text, text: judged.value.utf8 };
    this.fault(at, `${JSON.stringify(given)} is no media type that a document can have`);
    return { mediaType: given, text: false };
  }
}

/** A fault inside a value: at its line where the value is a file, and else at the value's own place. */
function faultInside(at: SourcePlace, { line, column, what }: TextFault): SourceFault {
  return at.line === undefined
    ? { file: at.file, line, column, what }
    : { ...at, what: `in line ${line}, column ${column} of the value: ${what}` };
}

export function tooLarge(size: number): string {
  return `it has ${size.toLocaleString("en-US")} bytes, and a value holds at most ${COMMIT_LIMITS.valueBytes.toLocaleString("en-US")}`;
}

/** `file:3:14`, as editors and terminals take it. */
export function formatPlace({ file, line, column }: SourcePlace): string {
  return [file, line, line === undefined ? undefined : column].filter((part) => part !== undefined).join(":");
}
