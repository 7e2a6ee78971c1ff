/** Documents of a namespace that were read, in memory until they change; and their values, parsed once. */
import { BoundedMap } from "../../lib/core/bounded-map.ts";
import { formatTime } from "../../lib/core/time.ts";
import { readEntry } from "../../lib/store/replica/replica.ts";
import { type ConfigDocument, valueIn } from "../client/document.ts";
import type { Lane } from "./lane.ts";

interface Hot {
  readonly document: Omit<ConfigDocument, "stale"> | undefined;
  /** Parsed with the first question. */
  value?: { readonly parsed: unknown };
}

const AROUND_BYTES = 300;
/** Longer than that without a word from a source, and nobody knows whether it is the newest state. */
const FRESH_SECONDS = 120;

export class HotDocuments {
  readonly #lane: Lane;
  readonly #known = new BoundedMap<Hot>();

  constructor(lane: Lane) {
    this.#lane = lane;
  }

  forget(keys: ReadonlySet<string> | undefined): void {
    if (keys === undefined) this.#known.clear();
    else for (const key of keys) this.#known.delete(key);
  }

  find(key: string): ConfigDocument | undefined {
    const { document } = this.#hot(key);
    if (document === undefined) return undefined;
    return { ...document, stale: (this.#lane.state.ageSeconds() ?? 0) > FRESH_SECONDS };
  }

  value(key: string): unknown {
    const hot = this.#hot(key);
    if (hot.document === undefined) return undefined;
    hot.value ??= { parsed: valueIn(hot.document) };
    return hot.value.parsed;
  }

  #hot(key: string): Hot {
    // A damaged file was replaced: what it held may have been newer, and goes on being served.
    const hot = this.#known.get(key);
    if (hot !== undefined) return hot;
    const { namespace } = this.#lane;
    const read: Hot = {
      document: this.#lane.read((db) => documentOf(namespace, readEntry(db, namespace, key))),
    };
    this.#known.set(key, read, AROUND_BYTES + 2 * (read.document?.bytes.length ?? 0));
    return read;
  }
}

function documentOf(namespace: string, entry: ReturnType<typeof readEntry>): Hot["document"] {
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
