/**
 * Just enough of the WebAssembly binary format to patch a core module: sections, LEB128, and where globals
 * and memories are declared. Follows the core specification, section 5 (Binary Format).
 */

export interface Section {
  readonly id: number;
  readonly payload: Uint8Array;
}

export const SECTION = { custom: 0, import: 2, memory: 5, global: 6, export: 7, data: 11 } as const;

export const HEADER_BYTES = 8;

/** Splits a module into its sections. */
export function readSections(module: Uint8Array): Section[] {
  const sections: Section[] = [];
  const reader = new Reader(module, HEADER_BYTES);
  while (!reader.done()) {
    const id = reader.byte();
    sections.push({ id, payload: reader.bytes(reader.u32()) });
  }
  return sections;
}

/** Sections of a component that hold a module, and another component. */
const CORE_MODULE = 1;
const COMPONENT = 4;

/** The core modules of a component, in the order in which they stand there; those of components inside it, too. */
export function coreModules(component: Uint8Array): Uint8Array[] {
  return readSections(component).flatMap(({ id, payload }) =>
    id === CORE_MODULE ? [payload] : id === COMPONENT ? coreModules(payload) : [],
  );
}

const MODULE_HEADER = new Uint8Array([0, 0x61, 0x73, 0x6d, 1, 0, 0, 0]);

/** The module made of these sections; of a component, with its own header. */
export function writeSections(sections: readonly Section[], header: Uint8Array = MODULE_HEADER): Uint8Array {
  const parts: Uint8Array[] = [header];
  for (const { id, payload } of sections) {
    parts.push(new Uint8Array([id, ...leb128(payload.length)]), payload);
  }
  return Buffer.concat(parts);
}

/** An unsigned LEB128 number. */
export function leb128(value: number): number[] {
  const bytes: number[] = [];
  let rest = value;
  do {
    const low = rest % 128;
    rest = Math.floor(rest / 128);
    bytes.push(rest > 0 ? low + 128 : low);
  } while (rest > 0);
  return bytes;
}

/** How many globals a module imports: its own are numbered after those. */
export function importedGlobals(imports: Uint8Array | undefined): number {
  if (imports === undefined) return 0;
  const reader = new Reader(imports, 0);
  let globals = 0;
  for (let left = reader.u32(); left > 0; left -= 1) {
    reader.bytes(reader.u32());
    reader.bytes(reader.u32());
    const kind = reader.byte();
    if (kind === 0) reader.u32();
    else if (kind === 1) {
      reader.byte();
      reader.limits();
    } else if (kind === 2) reader.limits();
    else if (kind === 3) {
      globals += 1;
      reader.bytes(2);
    } else {
      reader.byte();
      reader.u32();
    }
  }
  return globals;
}

/** The positions (within the section) of the globals that can change. */
export function mutableGlobals(globals: Uint8Array | undefined): number[] {
  if (globals === undefined) return [];
  const reader = new Reader(globals, 0);
  const found: number[] = [];
  const count = reader.u32();
  for (let at = 0; at < count; at += 1) {
    reader.byte();
    if (reader.byte() === 1) found.push(at);
    reader.skipConstantExpression();
  }
  return found;
}

export class Reader {
  #at: number;
  readonly #bytes: Uint8Array;
  constructor(bytes: Uint8Array, at: number) {
    this.#bytes = bytes;
    this.#at = at;
  }
  done(): boolean {
    return this.#at >= this.#bytes.length;
  }
  byte(): number {
    const byte = this.#bytes[this.#at];
    if (byte === undefined) throw new Error("the module ends too early");
    this.#at += 1;
    return byte;
  }
  bytes(length: number): Uint8Array {
    const part = this.#bytes.subarray(this.#at, this.#at + length);
    this.#at += length;
    return part;
  }
  rest(): Uint8Array {
    return this.#bytes.subarray(this.#at);
  }
  u32(): number {
    let value = 0;
    for (let shift = 1; ; shift *= 128) {
      const byte = this.byte();
      value += (byte % 128) * shift;
      if (byte < 128) return value;
    }
  }
  /** A signed LEB128 number. */
  s32(): number {
    let value = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = this.byte();
      value |= (byte & 0x7f) << shift;
      if (byte >= 0x80) continue;
      const left = 32 - 7 - shift;
      return left > 0 ? (value << left) >> left : value;
    }
  }
  limits(): { flags: number; min: number; max: number | undefined } {
    const flags = this.byte();
    const min = this.u32();
    return { flags, min, max: (flags & 1) === 1 ? this.u32() : undefined };
  }
  skipConstantExpression(): void {
    for (let opcode = this.byte(); opcode !== 0x0b; opcode = this.byte()) {
      if ([0x41, 0x42, 0x23, 0xd2, 0xd0].includes(opcode)) this.u32();
      else if (opcode === 0x43) this.bytes(4);
      else if (opcode === 0x44) this.bytes(8);
      else if (!(opcode >= 0x6a && opcode <= 0x6c) && !(opcode >= 0x7c && opcode <= 0x7e)) {
        throw new Error(`opcode ${opcode} in a constant expression is not known`);
      }
    }
  }
}
