/**
 * A memory of what was read, by name, within bounds. When the younger half is full, it becomes the older one, and the older
 * one goes: what is asked for again and again stays, and no use of it costs more than a look.
 */

/** Of a half. */
export interface MapBounds {
  readonly entries: number;
  readonly bytes: number;
}

const BOUNDS: MapBounds = { entries: 2048, bytes: 16_777_216 };
const ENTRY_BYTES_MAX = 65_536;

interface Entry<Value> {
  readonly value: Value;
  readonly size: number;
}

export class BoundedMap<Value> {
  readonly #bounds: MapBounds;
  #young = new Map<string, Entry<Value>>();
  #old = new Map<string, Entry<Value>>();
  #youngBytes = 0;

  constructor(bounds: MapBounds = BOUNDS) {
    this.#bounds = bounds;
  }

  get(name: string): Value | undefined {
    const young = this.#young.get(name);
    if (young !== undefined) return young.value;
    const old = this.#old.get(name);
    if (old === undefined) return undefined;
    this.#put(name, old);
    return old.value;
  }

  /** What is too large alone is not kept. */
  set(name: string, value: Value, bytes: number): void {
    const size = bytes + name.length;
    this.delete(name);
    if (size <= ENTRY_BYTES_MAX) this.#put(name, { value, size });
  }

  delete(name: string): void {
    this.#youngBytes -= this.#young.get(name)?.size ?? 0;
    this.#young.delete(name);
    this.#old.delete(name);
  }

  clear(): void {
    this.#young.clear();
    this.#old.clear();
    this.#youngBytes = 0;
  }

  #put(name: string, entry: Entry<Value>): void {
    if (this.#young.size >= this.#bounds.entries || this.#youngBytes + entry.size > this.#bounds.bytes) {
      this.#old = this.#young;
      this.#young = new Map();
      this.#youngBytes = 0;
    }
    this.#young.set(name, entry);
    this.#youngBytes += entry.size;
  }
}
