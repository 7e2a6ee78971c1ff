/**
 * The documents that were read last, in memory and, where the caller gives a place, beyond the life of the process.
 * Promise: what cannot be read back is passed over; a place that fails loses nothing but itself.
 */
import { base64OfBytes, bytesOfBase64, type ConfigDocument, decodeText } from "./document.ts";

/** Where the last known good documents are kept, as one text: a file, localStorage, anything. */
export interface Keep {
  load(): string | null | undefined | Promise<string | null | undefined>;
  save(text: string): void | Promise<void>;
}

interface KnownDocument {
  readonly document: ConfigDocument;
  /** When the server last said that it is so; 0 when it has to be asked. */
  checkedMs: number;
}

const KNOWN_MAX = 1000;
const BYTES_MAX = 16 * 1024 * 1024;
const SAVE_AFTER_MS = 500;
const FORMAT = 1;

export class KnownDocuments {
  readonly #keep: Keep | undefined;
  readonly #onFault: (error: unknown) => void;
  readonly #documents = new Map<string, KnownDocument>();
  #bytes = 0;
  #loaded: Promise<void> | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #saving: Promise<void> = Promise.resolve();

  constructor(keep: Keep | undefined, onFault: (error: unknown) => void) {
    this.#keep = keep;
    this.#onFault = onFault;
  }

  async find(namespace: string, key: string): Promise<KnownDocument | undefined> {
    await this.#load();
    return this.#documents.get(nameOf(namespace, key));
  }

  put(document: ConfigDocument, checkedMs: number): void {
    const name = nameOf(document.namespace, document.key);
    const before = this.#documents.get(name)?.document;
    this.#remove(name);
    this.#add(name, { document, checkedMs });
    if (before?.etag !== document.etag) this.#saveSoon();
  }

  forget(namespace: string, key: string): void {
    if (this.#remove(nameOf(namespace, key))) this.#saveSoon();
  }

  /** The server has to be asked about these again. */
  doubt(namespace: string, prefix: string): void {
    for (const known of this.#documents.values())
      if (known.document.namespace === namespace && known.document.key.startsWith(prefix))
        known.checkedMs = 0;
  }

  /** Resolves once all that is known is kept. */
  async flush(): Promise<void> {
    if (this.#timer !== undefined) this.#save();
    await this.#saving;
  }

  #add(name: string, known: KnownDocument): void {
    this.#documents.set(name, known);
    this.#bytes += known.document.bytes.length;
    for (const [oldest] of this.#documents) {
      if (this.#documents.size <= KNOWN_MAX && this.#bytes <= BYTES_MAX) break;
      this.#remove(oldest);
    }
  }

  #remove(name: string): boolean {
    const known = this.#documents.get(name);
    if (known === undefined) return false;
    this.#bytes -= known.document.bytes.length;
    return this.#documents.delete(name);
  }

  #load(): Promise<void> {
    this.#loaded ??= this.#read();
    return this.#loaded;
  }

  async #read(): Promise<void> {
    try {
      const text = await this.#keep?.load();
      if (!text) return;
      const kept = JSON.parse(text);
      if (kept?.format !== FORMAT || !Array.isArray(kept.documents)) return;
      for (const one of kept.documents) {
        const document = documentOf(one);
        if (document === undefined) continue;
        const name = nameOf(document.namespace, document.key);
        // What was read meanwhile is newer.
        if (!this.#documents.has(name)) this.#add(name, { document, checkedMs: 0 });
      }
    } catch (error) {
      this.#onFault(error);
    }
  }

  #saveSoon(): void {
    if (this.#keep === undefined || this.#timer !== undefined) return;
    this.#timer = setTimeout(() => this.#save(), SAVE_AFTER_MS);
  }

  #save(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const documents = [...this.#documents.values()].map(({ document }) => kept(document));
    const text = JSON.stringify({ format: FORMAT, documents });
    this.#saving = this.#saving
      .then(() => this.#keep?.save(text))
      .catch((error: unknown) => this.#onFault(error));
  }
}

/** Neither may hold a line break. */
function nameOf(namespace: string, key: string): string {
  return `${namespace}\n${key}`;
}

function kept({ bytes, stale: _, ...facts }: ConfigDocument): object {
  try {
    return { ...facts, text: decodeText(bytes) };
  } catch {
    return { ...facts, base64: base64OfBytes(bytes) };
  }
}

function documentOf(one: unknown): ConfigDocument | undefined {
  if (typeof one !== "object" || one === null) return undefined;
  const { namespace, key, etag, revision, mediaType, modified, text, base64 } = one as Record<
    string,
    unknown
  >;
  const texts = [namespace, key, etag, mediaType, modified];
  if (!texts.every((value) => typeof value === "string") || typeof revision !== "number") return undefined;
  const bytes =
    typeof text === "string"
      ? new TextEncoder().encode(text)
      : typeof base64 === "string"
        ? bytesOfBase64(base64)
        : undefined;
  if (bytes === undefined) return undefined;
  return { namespace, key, etag, revision, mediaType, modified, bytes, stale: false } as ConfigDocument;
}
