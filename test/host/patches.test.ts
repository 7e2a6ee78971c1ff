import { describe, expect, test } from "vitest";
import {
  addReset,
  capMemory,
  exportMutableGlobals,
  GLOBAL_PREFIX,
  givePromising,
  muteDebugLog,
} from "../../programs/host/patches.ts";

/** A module: imports global g (mutable i32), defines a mutable, a constant and a mutable i64 global, a memory of one page, exports bump. */
const MODULE = new Uint8Array([
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

function exportsOf(bytes: Uint8Array): Record<string, unknown> {
  const module = Reflect.construct(WebAssembly.Module, [bytes]);
  const g = Reflect.construct(WebAssembly.Global, [{ value: "i32", mutable: true }, 1]);
  return new WebAssembly.Instance(module, { m: { g } }).exports;
}

function call(fn: unknown): void {
  if (typeof fn === "function") fn();
}

describe("exportMutableGlobals", () => {
  test("exports those that can change, numbered after the imported ones, and nothing else", () => {
    const exports = exportsOf(exportMutableGlobals(MODULE));
    const names = Object.keys(exports).filter((name) => name.startsWith(GLOBAL_PREFIX));
    expect(names).toEqual([`${GLOBAL_PREFIX}1`, `${GLOBAL_PREFIX}3`]);
    const global = exports[`${GLOBAL_PREFIX}1`];
    if (!(global instanceof WebAssembly.Global)) throw new Error("not a global");
    expect(global.value).toBe(5);
    call(exports.bump);
    expect(global.value).toBe(9);
  });
});

describe("capMemory", () => {
  test("lets memory grow to the cap and no further", () => {
    const sizeAfterGrowth = (bytesMax: number) => {
      const exports = exportsOf(capMemory(MODULE, bytesMax));
      call(exports.bump);
      return exports.m instanceof WebAssembly.Memory ? exports.m.buffer.byteLength / 65536 : 0;
    };
    expect(sizeAfterGrowth(17 * 65536)).toBe(17);
    expect(sizeAfterGrowth(16 * 65536)).toBe(1);
    expect(sizeAfterGrowth(0)).toBe(1);
  });
});

describe("givePromising", () => {
  test("puts the identity where there is nothing, and leaves what is there", () => {
    const empty: { promising?: unknown } = {};
    givePromising(empty);
    const fn = () => 1;
    expect(typeof empty.promising === "function" && empty.promising(fn)).toBe(fn);
    const full = { promising: fn };
    givePromising(full);
    expect(full.promising).toBe(fn);
  });
});

const GLUE = `const _debugLog = (...args) => {
    if (!globalThis?.process?.env?.JCO_DEBUG) { return; }
    console.debug(...args);
  };
const make = (function* () {
  const T_FLAG = 1 << 30;
  const handleTable9 = [T_FLAG, 0];
  handleTable9._createdReps = new Set();
  const captureTable2= new Map();
  let captureCnt2= 0;
  const use = () => { handleTable9.push(1, 2); handleTable9[0] = 3; handleTable9._createdReps.add(1); captureTable2.set(1, 1); captureCnt2 += 1; };
  const look = () => [handleTable9.length, handleTable9[0] === T_FLAG, handleTable9._createdReps.size, captureTable2.size, captureCnt2];
  return { use, look,  };
})();
`;

describe("muteDebugLog", () => {
  test("leaves nothing of it", () => {
    expect(muteDebugLog(GLUE)).not.toContain("JCO_DEBUG");
  });
  test("says so when jco no longer writes it", () => {
    expect(() => muteDebugLog("other")).toThrow("patches.ts");
  });
});

describe("addReset", () => {
  test("puts the handle tables back as they were", () => {
    const source = addReset(GLUE.replace("function* ()", "function ()"));
    const made: { use(): void; look(): unknown[]; $reset(): void } = new Function(
      `${source}; return make;`,
    )();
    const fresh = made.look();
    made.use();
    expect(made.look()).not.toEqual(fresh);
    made.$reset();
    expect(made.look()).toEqual(fresh);
  });
  test("says so when the tables are elsewhere", () => {
    expect(() => addReset("return { a };\n})();")).toThrow("patches.ts");
  });
});
