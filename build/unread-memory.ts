/**
 * Writes zeros over what no request reads in the snapshot of a QuickJS component: memory that nothing owns, where parsing
 * has left the bundle's text and its syntax, what is left of that text in buffers that were taken there, the text that
 * the engine keeps of each function for `toString`, and its table of lines, of which the bundle has one. That is a
 * quarter of the file.
 */
import { type Piece, piecesOf } from "./guest-heap.ts";

/** Stands in the hash of what a component is made of. */
export const UNREAD_MEMORY_RULE =
  "unread-memory=zeros, scraps and tables of lines too, from the heap's first chunk to the last word of each";

/** Shorter texts are not worth the head of a data segment. */
const TEXT_BYTES_MIN = 12;
const FUNCTION = /=>|\{/;
const BUFFER_BYTES_MIN = 32_768;
const SCRAP_BYTES_MIN = 1024;
const PROBE_BYTES = 64;
const CODE = /=>|\bfunction\b/;

/** Clears a memory in place. `bundle` is what the component was made of. */
export function clearUnread(memory: Uint8Array, bundle: string): void {
  const source = Buffer.from(bundle);
  const pieces = piecesOf(memory);
  const texts = new Map<number, number>();
  for (const { from, to, used } of pieces) {
    if (!used) memory.fill(0, from, to);
    else {
      const end = memory.indexOf(0, from);
      if (end < to && isFunctionText(Buffer.from(memory.subarray(from, end)), source)) {
        memory.fill(0, from, end);
        texts.set(from, end - from);
      } else if (to - from >= BUFFER_BYTES_MIN) clearScraps(memory.subarray(from, to), source);
    }
  }
  clearLines(memory, pieces, texts);
}

/**
 * The engine's record of a function ends with the lengths of its text and of its table of lines, and the addresses of
 * the table and of the text. An empty table gives the function's first line, which is the only one.
 */
function clearLines(memory: Uint8Array, pieces: readonly Piece[], texts: ReadonlyMap<number, number>): void {
  const words = new Uint32Array(memory.buffer, memory.byteOffset, memory.byteLength >> 2);
  const ends = new Map(pieces.filter(({ used }) => used).map(({ from, to }) => [from, to]));
  for (let at = 3; at < words.length; at += 1) {
    const text = texts.get(words[at] ?? 0);
    if (text === undefined || words[at - 3] !== text) continue;
    const [length = 0, table = 0] = [words[at - 2], words[at - 1]];
    const end = ends.get(table);
    if (end !== undefined && table + length <= end) memory.fill(0, table, table + length);
  }
}

/** A large buffer that was taken where the bundle's text had been has stretches of it until it is written to. */
function clearScraps(buffer: Uint8Array, source: Buffer): void {
  for (let at = 0; at < buffer.length; at += SCRAP_BYTES_MIN) {
    const probe = buffer.subarray(at, at + PROBE_BYTES);
    const found = probe.length === PROBE_BYTES ? source.indexOf(probe) : -1;
    if (found < 0) continue;
    let [from, to] = [at, at + PROBE_BYTES];
    while (from > 0 && buffer[from - 1] === source[found - at + from - 1]) from -= 1;
    while (to < buffer.length && buffer[to] === source[found - at + to]) to += 1;
    // A constant of the bundle is a text, too, but no code.
    if (
      to - from >= SCRAP_BYTES_MIN &&
      CODE.test(source.toString("latin1", found - at + from, found - at + to))
    )
      buffer.fill(0, from, to);
  }
}

/** A text of the engine's own, as its strings have their length in front: a piece of the bundle from its first byte on. */
function isFunctionText(text: Buffer, source: Buffer): boolean {
  return text.length >= TEXT_BYTES_MIN && FUNCTION.test(text.toString()) && source.includes(text);
}
