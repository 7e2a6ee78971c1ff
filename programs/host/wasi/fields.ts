/**
 * `fields` of `wasi:http`: names in any case, values as bytes, order kept. Promise: what wasmtime forbids is
 * taken out on the way in and refused on the way out, and a request's own headers cannot be changed.
 */

/** wasmtime-wasi-http's DEFAULT_FORBIDDEN_HEADERS. */
export const FORBIDDEN_HEADERS: ReadonlySet<string> = new Set([
  "connection",
  "keep-alive",
  "proxy-authenticate",
  "proxy-authorization",
  "proxy-connection",
  "transfer-encoding",
  "upgrade",
  "host",
  "http2-settings",
]);
const TOKEN = /^[!#$%&'*+.^_`|~0-9a-z-]+$/i;

export class Fields {
  #entries: [string, Uint8Array][] = [];
  #immutable = false;

  static fromList(entries: [string, Uint8Array][]): Fields {
    const fields = new Fields();
    for (const [name, value] of entries) fields.append(name, value);
    return fields;
  }
  /** From the host's own flat list: forbidden ones are left out, and the guest cannot change it. */
  static frozen(flat: readonly string[]): Fields {
    const fields = new Fields();
    for (let at = 0; at < flat.length; at += 2) {
      const name = (flat[at] ?? "").toLowerCase();
      if (!FORBIDDEN_HEADERS.has(name)) fields.#entries.push([name, Buffer.from(flat[at + 1] ?? "")]);
    }
    fields.#immutable = true;
    return fields;
  }
  get(name: string): Uint8Array[] {
    const wanted = name.toLowerCase();
    return this.#entries.flatMap(([key, value]) => (key === wanted ? [value] : []));
  }
  has(name: string): boolean {
    return this.get(name).length > 0;
  }
  set(name: string, values: Uint8Array[]): void {
    this.delete(name);
    for (const value of values) this.append(name, value);
  }
  delete(name: string): void {
    if (this.#immutable) throw { tag: "immutable" };
    const wanted = name.toLowerCase();
    this.#entries = this.#entries.filter(([key]) => key !== wanted);
  }
  append(name: string, value: Uint8Array): void {
    if (this.#immutable) throw { tag: "immutable" };
    if (!TOKEN.test(name) || value.some((byte) => byte === 0 || byte === 10 || byte === 13)) {
      throw { tag: "invalid-syntax" };
    }
    if (FORBIDDEN_HEADERS.has(name.toLowerCase())) throw { tag: "forbidden" };
    this.#entries.push([name.toLowerCase(), value.slice()]);
  }
  entries(): [string, Uint8Array][] {
    return [...this.#entries];
  }
  clone(): Fields {
    return Fields.fromList(this.#entries);
  }
  flat(): string[] {
    return this.#entries.flatMap(([name, value]) => [name, Buffer.from(value).toString("utf8")]);
  }
}
