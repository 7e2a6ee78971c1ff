/**
 * The memory that a component starts with, as one piece: out of the data of its core module, and in again. Zeros need
 * no data, so what is cleared in between leaves the file.
 */
import {
  HEADER_BYTES,
  leb128,
  Reader,
  readSections,
  SECTION,
  type Section,
  writeSections,
} from "../programs/host/guests/wasm-binary.ts";

const PAGE_BYTES = 65536;
/** Ids of sections in a component. */
const COMPONENT = { module: 1, component: 4 } as const;
const LAYER_AT = 6;
const I32_CONST = 0x41;
const END = 0x0b;
/** About what the head of a segment takes: a shorter row of zeros is cheaper as data. */
const GAP_BYTES = 8;

/**
 * The component with each snapshot in it as `change` leaves it: of every module that has both a memory and data, however
 * deep it is nested. Throws when there is none.
 */
export function changeSnapshot(component: Uint8Array, change: (memory: Uint8Array) => void): Uint8Array {
  let found = 0;
  const changeNested = (bytes: Uint8Array): Uint8Array =>
    mapSections(bytes, ({ id, payload }) => {
      if (id === COMPONENT.component) return changeNested(payload);
      const memory = id === COMPONENT.module ? readMemory(payload) : undefined;
      if (memory === undefined) return payload;
      found += 1;
      change(memory);
      return mapSections(payload, (one) => (one.id === SECTION.data ? dataSection(memory) : one.payload));
    });
  const changed = changeNested(component);
  if (found === 0) throw new Error("no module of the component holds a snapshot");
  return changed;
}

/** Stands in the hash of what a component is made of. */
export const NO_NAMES_RULE = "names=none";

/** The component, or the module, without the names of its parts, which only people read. */
export function withoutNames(binary: Uint8Array): Uint8Array {
  const nested: readonly number[] = isComponent(binary) ? [COMPONENT.module, COMPONENT.component] : [];
  const sections = readSections(binary).filter(({ id }) => id !== SECTION.custom);
  return writeSections(
    sections.map(({ id, payload }) => ({
      id,
      payload: nested.includes(id) ? withoutNames(payload) : payload,
    })),
    binary.subarray(0, HEADER_BYTES),
  );
}

/** Both begin alike; the layer stands behind the version. */
function isComponent(binary: Uint8Array): boolean {
  return binary[LAYER_AT] === 1;
}

/** The same sections with other payloads; a section without a change keeps its bytes. */
function mapSections(binary: Uint8Array, payloadOf: (section: Section) => Uint8Array): Uint8Array {
  const sections = readSections(binary).map((section) => ({ id: section.id, payload: payloadOf(section) }));
  return writeSections(sections, binary.subarray(0, HEADER_BYTES));
}

function readMemory(module: Uint8Array): Uint8Array | undefined {
  const sections = readSections(module);
  const payloadOf = (id: number) => sections.find((section) => section.id === id)?.payload;
  const [limits, data] = [payloadOf(SECTION.memory), payloadOf(SECTION.data)];
  if (limits === undefined || data === undefined) return undefined;
  const memory = new Uint8Array(new Reader(limits, 1).limits().min * PAGE_BYTES);
  const reader = new Reader(data, 0);
  for (let left = reader.u32(); left > 0; left -= 1) {
    const plain = reader.byte() === 0 && reader.byte() === I32_CONST;
    if (!plain) throw new Error("a data segment of the snapshot is not at a fixed place");
    const at = reader.s32();
    if (reader.byte() !== END) throw new Error("a data segment of the snapshot has a computed place");
    memory.set(reader.bytes(reader.u32()), at);
  }
  return memory;
}

function dataSection(memory: Uint8Array): Uint8Array {
  const segments = rowsOf(memory).map(([from, to]) =>
    Buffer.concat([
      new Uint8Array([0, I32_CONST, ...signedLeb128(from), END, ...leb128(to - from)]),
      memory.subarray(from, to),
    ]),
  );
  return Buffer.concat([new Uint8Array(leb128(segments.length)), ...segments]);
}

/** From where to where there is something, with the short rows of zeros in between. */
function rowsOf(memory: Uint8Array): [number, number][] {
  const rows: [number, number][] = [];
  for (let at = 0; at < memory.length; at += 1) {
    if (memory[at] === 0) continue;
    const last = rows.at(-1);
    if (last !== undefined && at - last[1] <= GAP_BYTES) last[1] = at + 1;
    else rows.push([at, at + 1]);
  }
  return rows;
}

/** Addresses are below 2^31, so only the sign's bit has to be kept clear. */
function signedLeb128(value: number): number[] {
  const bytes = leb128(value);
  const last = bytes.at(-1) ?? 0;
  return last < 0x40 ? bytes : [...bytes.slice(0, -1), last + 0x80, 0];
}
