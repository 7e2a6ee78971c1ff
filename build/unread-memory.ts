/**
 * Writes zeros over what no request reads in the snapshot of a QuickJS component: memory that nothing owns, where parsing
 * has left the bundle's text and its syntax, and the text that the engine keeps of each function for `toString`. That
 * is a quarter of the file.
 */
import { piecesOf } from "./guest-heap.ts";

/** Stands in the hash of what a component is made of. */
export const UNREAD_MEMORY_RULE = "unread-memory=zeros";

/** Shorter texts are not worth the head of a data segment. */
const TEXT_BYTES_MIN = 12;
const FUNCTION = /=>|\{/;

/** Clears a memory in place. `bundle` is what the component was made of. */
export function clearUnread(memory: Uint8Array, bundle: string): void {
  const source = Buffer.from(bundle);
  for (const { from, to, used } of piecesOf(memory)) {
    if (!used) memory.fill(0, from, to);
    else {
      const end = memory.indexOf(0, from);
      if (end < to && isFunctionText(Buffer.from(memory.subarray(from, end)), source))
        memory.fill(0, from, end);
    }
  }
}

/** A text of the engine's own, as its strings have their length in front: a piece of the bundle from its first byte on. */
function isFunctionText(text: Buffer, source: Buffer): boolean {
  return text.length >= TEXT_BYTES_MIN && FUNCTION.test(text.toString()) && source.includes(text);
}
