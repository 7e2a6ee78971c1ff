/**
 * A core module by hand: imports the mutable global m.g; defines globals 1 (mutable i32, 5), 2 (constant) and
 * 3 (mutable i64, 7) and a memory of one page; `bump` sets global 1 to 9 and asks for 16 pages more.
 */

/** See above; each line is a section. */
// biome-ignore format: one line is one section
export const SMALL_MODULE = new Uint8Array([
  0, 0x61, 0x73, 0x6d, 1, 0, 0, 0,
  // type: () -> ()
  1, 4, 1, 0x60, 0, 0,
  // import "m" "g" (global (mut i32))
  2, 8, 1, 1, 0x6d, 1, 0x67, 3, 0x7f, 1,
  // function 0: type 0
  3, 2, 1, 0,
  // memory: one, one page, no maximum
  5, 3, 1, 0, 1,
  // globals: (mut i32 5), (i32 6), (mut i64 7)
  6, 16, 3, 0x7f, 1, 0x41, 5, 0x0b, 0x7f, 0, 0x41, 6, 0x0b, 0x7e, 1, 0x42, 7, 0x0b,
  // exports: bump, memory
  7, 12, 2, 4, 0x62, 0x75, 0x6d, 0x70, 0, 0, 1, 0x6d, 2, 0,
  // code: global.set 1 (i32.const 9), i32.const 16, memory.grow, drop
  10, 13, 1, 11, 0, 0x41, 9, 0x24, 1, 0x41, 16, 0x40, 0, 0x1a, 0x0b,
]);
