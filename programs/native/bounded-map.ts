/** A memory of what was read, by name, within bounds: when it is full, it begins anew. */

const ENTRIES_MAX = 4096;
const BYTES_MAX = 33_554_432;
const ENTRY_BYTES_MAX = 65_536;

export class BoundedMap<Value> {
  readonly #values = new Map<string, Value>();
  #bytes = 0;

  get(name: string): Value | undefined {
    return this.#values.get(name);
  }

  /** What is too large alone is not kept. */
  set(name: string, value: Value, bytes: number): void {
    const size = bytes + name.length;
    if (size > ENTRY_BYTES_MAX) return;
    if (this.#values.size >= ENTRIES_MAX || this.#bytes + size > BYTES_MAX) this.clear();
    this.#values.set(name, value);
    this.#bytes += size;
  }

  delete(name: string): void {
    this.#values.delete(name);
  }

  clear(): void {
    this.#values.clear();
    this.#bytes = 0;
  }
}
