/** Documents of a namespace that were read, in memory until they change; and values, parsed once. */
import { BoundedMap } from "../../lib/core/bounded-map.ts";
import { formatTime } from "../../lib/core/time.ts";
import { readEntry, readEntryValue, readJsonText } from "../../lib/store/replica/replica.ts";
import { type ConfigDocument, valueIn, valueInText } from "../client/document.ts";
import type { Lane } from "./lane.ts";

interface HotDocument {
  readonly document: Omit<ConfigDocument, "stale"> | undefined;
}

interface HotValue {
  /** Undefined where there is no such document. */
  readonly parsed: unknown;
}

const AROUND_BYTES = 300;
/** Longer than that without a word from a source, and nobody knows whether it is the newest state. */
const FRESH_SECONDS = 120;

const READ_ONCE_MAX = 4096;

/** Where a damaged file was replaced, what is kept may be newer than what stands there, and goes on being served. */
export class HotDocuments {
  readonly #lane: Lane;
  readonly #documents = new BoundedMap<HotDocument>();
  /** Values are kept from the second read on: to keep each of a walk over all keys takes longer than to read it. */
  readonly #readOnce = new Set<string>();
  readonly #values = new BoundedMap<HotValue>();

  constructor(lane: Lane) {
    this.#lane = lane;
  }

  forget(keys: ReadonlySet<string> | undefined): void {
    for (const map of [this.#documents, this.#values])
      if (keys === undefined) map.clear();
      else for (const key of keys) map.delete(key);
  }

  find(key: string): ConfigDocument | undefined {
    const { document } = this.#documents.get(key) ?? this.#readDocument(key);
    if (document === undefined) return undefined;
    return { ...document, stale: (this.#lane.state.ageSeconds() ?? 0) > FRESH_SECONDS };
  }

  value(key: string): unknown {
    return (this.#values.get(key) ?? this.#readValue(key)).parsed;
  }

  #readDocument(key: string): HotDocument {
    const { namespace } = this.#lane;
    const read = { document: this.#lane.read((db) => documentOf(namespace, readEntry(db, namespace, key))) };
    this.#documents.set(key, read, AROUND_BYTES + 2 * (read.document?.bytes.length ?? 0));
    return read;
  }

  /** Without what a document has around its value: half of the time of a read from the file. */
  #readValue(key: string): HotValue {
    const { namespace } = this.#lane;
    const text = this.#lane.read((db) => readJsonText(db, namespace, key));
    if (text === null) return this.#readOtherValue(key);
    const read = { parsed: text === undefined ? undefined : JSON.parse(text) };
    if (this.#isReadAgain(key)) this.#values.set(key, read, AROUND_BYTES + 2 * (text?.length ?? 0));
    return read;
  }

  /** Of any other type than plain JSON. */
  #readOtherValue(key: string): HotValue {
    const row = this.#lane.read((db) => readEntryValue(db, this.#lane.namespace, key));
    const read = { parsed: row === undefined ? undefined : parsed(row) };
    if (this.#isReadAgain(key))
      this.#values.set(key, read, AROUND_BYTES + 2 * (row?.text?.length ?? row?.bytes?.length ?? 0));
    return read;
  }

  #isReadAgain(key: string): boolean {
    if (this.#readOnce.has(key)) return true;
    if (this.#readOnce.size >= READ_ONCE_MAX) this.#readOnce.clear();
    this.#readOnce.add(key);
    return false;
  }
}

function parsed({ mediaType, text, bytes }: NonNullable<ReturnType<typeof readEntryValue>>): unknown {
  return text === null
    ? valueIn({ mediaType, bytes: bytes ?? new Uint8Array() })
    : valueInText(mediaType, text);
}

function documentOf(namespace: string, entry: ReturnType<typeof readEntry>): HotDocument["document"] {
  if (entry === undefined) return undefined;
  const { key, revision, lineage, mediaType, value, timeMs } = entry;
  return {
    namespace,
    key,
    revision,
    etag: `"${revision}-${(lineage ?? "").slice(0, 8)}"`,
    mediaType,
    modified: formatTime(timeMs ?? 0),
    bytes: value,
  };
}
