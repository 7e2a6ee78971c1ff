/**
 * Who owns what in the memory of a QuickJS component. Two allocators share it: dlmalloc of wasi-libc, whose heap is a row
 * of chunks up to the end of memory, and the engine's own, which divides chunks of about 4 KB into blocks of one size.
 * Promise: a memory whose row of chunks is not exactly as dlmalloc leaves it is refused; what does not look exactly like
 * an arena counts as one piece in use.
 */

export interface Piece {
  /** What its owner may write: the allocators' own words at its front are left out. */
  readonly from: number;
  readonly to: number;
  readonly used: boolean;
}

/**
 * dlmalloc: the low bits of a size say whether the chunk before it and the chunk itself are in use. A chunk in use has the
 * first word of the next one too (`shared`).
 */
const CHUNK = { before: 1, used: 2, flags: 7, header: 8, bytesMin: 16, links: 32, shared: 4 } as const;
/** What dlmalloc keeps for itself at the end of memory; the number stands where the next chunk's size would be. */
const FOOT_BYTES = 56;
const CHUNKS_MIN = 100;
const ALIGNMENT = 16;
/** Where in dlmalloc's state its numbers stand that are looked at. */
const STATE = { topBytes: 12, lowest: 16, top: 24, bytes: 28 } as const;

/** An arena's header, with the place of each number in it. A block's has its number or the next free one, then its class. */
const ARENA = { header: 24, bytesMin: 3000, bytesMax: 4200, class: 16, used: 18, all: 20, free: 22 } as const;
const BLOCK = { header: 8, bytesMin: 16, class: 2, none: 0xffff } as const;

/** All pieces of the heap. Throws when there is none of the form known here. */
export function piecesOf(memory: Uint8Array): Piece[] {
  const view = new DataView(memory.buffer, memory.byteOffset, memory.byteLength);
  return chunksOf(view).flatMap(({ at, to, used }) => {
    // A free chunk keeps links to others in its front.
    if (!used) return { from: Math.min(at + CHUNK.links, to), to, used };
    const arena = { at: at + CHUNK.header, to };
    // The engine's large blocks have the same header as its small ones.
    return blocksOf(view, arena) ?? { from: arena.at + BLOCK.header, to: to + CHUNK.shared, used };
  });
}

interface Chunk {
  readonly at: number;
  readonly to: number;
  readonly used: boolean;
}

/** From where dlmalloc's own words say that its heap begins: a row that begins elsewhere may run into the true one. */
function chunksOf(view: DataView): Chunk[] {
  const rows = heapStarts(view).flatMap((start) => {
    const row = rowFrom(view, start);
    return row !== undefined && row.length >= CHUNKS_MIN ? [row] : [];
  });
  const [row, other] = rows;
  if (row === undefined || other !== undefined)
    throw new Error("the heap of the guest is not as dlmalloc leaves it; build/guest-heap.ts needs a look");
  return row;
}

/** What may be dlmalloc's state: its topmost chunk ends at the foot, and its lowest address lies before that. */
function heapStarts(view: DataView): number[] {
  const end = view.byteLength - FOOT_BYTES;
  const starts: number[] = [];
  for (let at = 0; at + STATE.bytes <= end; at += 4) {
    const [topBytes, top] = [view.getUint32(at + STATE.topBytes, true), view.getUint32(at + STATE.top, true)];
    const lowest = view.getUint32(at + STATE.lowest, true);
    if (topBytes === 0 || top + topBytes !== end || lowest === 0 || lowest > top) continue;
    // What a chunk gives out is aligned, and the chunk begins before that.
    starts.push(Math.ceil((lowest + CHUNK.header) / ALIGNMENT) * ALIGNMENT - CHUNK.header);
  }
  return [...new Set(starts)];
}

/** The chunks from there to the foot; undefined when they do not go on so far. */
function rowFrom(view: DataView, start: number): Chunk[] | undefined {
  const chunks: Chunk[] = [];
  const end = view.byteLength - FOOT_BYTES;
  for (let at = start; at < end; ) {
    const head = view.getUint32(at + 4, true);
    const to = at + head - (head & CHUNK.flags);
    const before = chunks.at(-1);
    const fits = before === undefined || before.used === ((head & CHUNK.before) !== 0);
    if (!fits || to < at + CHUNK.bytesMin || to > end) return undefined;
    chunks.push({ at, to, used: (head & CHUNK.used) !== 0 });
    at = to;
  }
  return view.getUint32(end + 4, true) === FOOT_BYTES ? chunks : undefined;
}

/** The blocks of an arena; undefined when this is none. */
function blocksOf(view: DataView, { at, to }: { at: number; to: number }): Piece[] | undefined {
  if (to - at < ARENA.bytesMin || to - at > ARENA.bytesMax) return undefined;
  const kind = view.getUint8(at + ARENA.class);
  const all = view.getUint16(at + ARENA.all, true);
  const bytes = Math.floor((to - at - ARENA.header) / all / 8) * 8;
  if (bytes < BLOCK.bytesMin || bytes > ARENA.bytesMax) return undefined;
  const blocks = Array.from({ length: all }, (_, number) => at + ARENA.header + number * bytes);
  const free = new Set<number>();
  for (let next = view.getUint16(at + ARENA.free, true); next !== BLOCK.none; ) {
    const block = blocks[next];
    if (block === undefined || free.has(block)) return undefined;
    free.add(block);
    next = view.getUint16(block, true);
  }
  const alike = blocks.every((block) => view.getUint8(block + BLOCK.class) === kind);
  if (!alike || free.size !== all - view.getUint16(at + ARENA.used, true)) return undefined;
  return blocks.map((block) => ({ from: block + BLOCK.header, to: block + bytes, used: !free.has(block) }));
}
