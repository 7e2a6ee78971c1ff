/**
 * Takes away what a StarlingMonkey component does after an export has returned. componentize-js 0.19.3 frees
 * there every block that a host call gave to the engine during the call, also those that `fetch` has freed
 * itself: after a tick with requests the function traps, although its work is done (ComponentizeJS issue 224,
 * mended in later versions, which Spin's stable line does not run). An instance serves one call, so nothing is
 * lost by freeing nothing. The function keeps its length, so no offset in the component changes.
 */
import { Reader, readSections, SECTION, type Section } from "../programs/host/guests/wasm-binary.ts";

/** Stands in the hash of what a component is made of. */
export const POST_RETURN_RULE = "post-return=empty";

const CORE_MODULE = 1;
const CODE = 10;
const NOP = 0x01;
const END = 0x0b;

/** Empties every core function that is exported as `cabi_post_…`; returns how many there were. */
export function emptyPostReturns(component: Uint8Array): number {
  let emptied = 0;
  for (const { id, payload } of readSections(component)) {
    if (id === CORE_MODULE) emptied += emptyIn(readSections(payload));
  }
  return emptied;
}

function emptyIn(sections: readonly Section[]): number {
  const payloadOf = (id: number) => sections.find((section) => section.id === id)?.payload;
  const exports = payloadOf(SECTION.export);
  const code = payloadOf(CODE);
  if (exports === undefined || code === undefined) return 0;
  const functions = postReturns(exports);
  const first = importedFunctions(payloadOf(SECTION.import));
  const reader = new Reader(code, 0);
  const count = reader.u32();
  for (let at = 0; at < count; at += 1) {
    const body = reader.bytes(reader.u32());
    if (!functions.has(first + at)) continue;
    // No locals, nothing, end.
    body.fill(NOP);
    body[0] = 0;
    body[body.length - 1] = END;
  }
  return functions.size;
}

function postReturns(exports: Uint8Array): Set<number> {
  const reader = new Reader(exports, 0);
  const found = new Set<number>();
  for (let left = reader.u32(); left > 0; left -= 1) {
    const name = new TextDecoder().decode(reader.bytes(reader.u32()));
    const kind = reader.byte();
    const index = reader.u32();
    if (kind === 0 && name.startsWith("cabi_post_")) found.add(index);
  }
  return found;
}

function importedFunctions(imports: Uint8Array | undefined): number {
  if (imports === undefined) return 0;
  const reader = new Reader(imports, 0);
  let functions = 0;
  for (let left = reader.u32(); left > 0; left -= 1) {
    reader.bytes(reader.u32());
    reader.bytes(reader.u32());
    const kind = reader.byte();
    if (kind === 0) {
      functions += 1;
      reader.u32();
    } else if (kind === 1) {
      reader.byte();
      reader.limits();
    } else if (kind === 2) reader.limits();
    else if (kind === 3) reader.bytes(2);
    else throw new Error(`an import of kind ${kind} is not known`);
  }
  return functions;
}
