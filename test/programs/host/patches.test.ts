import { describe, expect, test } from "vitest";
import {
  addReset,
  callImportsPlainly,
  capMemory,
  exportMutableGlobals,
  GLOBAL_PREFIX,
  givePromising,
  muteDebugLog,
  patchDecoder,
} from "../../../programs/host/guests/patches.ts";
import { SMALL_MODULE as MODULE } from "../../../testkit/small-module.ts";

function exportsOf(bytes: Uint8Array): Record<string, unknown> {
  const module = Reflect.construct(WebAssembly.Module, [bytes]);
  const g = Reflect.construct(WebAssembly.Global, [{ value: "i32", mutable: true }, 1]);
  return new WebAssembly.Instance(module, { m: { g } }).exports;
}

function call(fn: unknown): void {
  if (typeof fn === "function") fn();
}

describe("exportMutableGlobals", () => {
  test("exports only those that can change, numbered after the imported ones", () => {
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

/** Two imports as jco calls them, cut down to what stands around the call. */
const CALLS = `let made = 0; let left = true;
  const createNewCurrentTask = () => { made += 1; return [{ componentIdx() {}, id() {}, enterSync() {}, resolve() {}, exit() {} }]; };
  const _withGlobalCurrentTaskMeta = ({ fn }) => fn();
  const _trackHostOperation = (fn) => fn();
  const _checkMayLeave = () => { if (!left) throw new Error("cannot leave"); };
  function _lowerImportBackwardsCompat(args) {
    const params = [...arguments].slice(1);
    made += 1;
    return args.isAsync ? "later" : args.importFn(...params);
  }
  const _trampoline1 = function(arg0, arg1) {
    const hostProvided = true;

    let parentTask;
    let task;
    let subtask;

    const createTask = () => {
      const results = createNewCurrentTask({
        entryFnName: 'add',
      });
      task = results[0];
    };

    taskCreation: {
      if (!parentTask) {
        createTask();
        break taskCreation;
      }
    }

    const started = task.enterSync();
    let ret;
    ret = _withGlobalCurrentTaskMeta({
      componentIdx: task.componentIdx(),
      taskID: task.id(),
      fn: () => _trackHostOperation(() => host.add((arg0), (arg1))),
    });
    task.resolve([ret]);
    task.exit();
    return ret;
  }
  const call = _lowerImportBackwardsCompat.bind(null, { isAsync: false, isManualAsync: undefined, funcTypeIsAsync: false, importFn: _trampoline1 });
  const later = _lowerImportBackwardsCompat.bind(null, { isAsync: true, importFn: _trampoline1 });
  return { call, later, made: () => made, leave: (value) => { left = value; } };`;

interface Calls {
  call(one: number, other: number): number;
  later(): string;
  made(): number;
  leave(value: boolean): void;
}

describe("callImportsPlainly", () => {
  const run = (glue: string): Calls =>
    new Function("host", glue)({ add: (one: number, other: number) => one + other });

  test("calls what the host gives with its parameters, and makes no task for it", () => {
    const before = run(CALLS);
    expect([before.call(1, 2), before.made()]).toEqual([3, 2]);
    const after = run(callImportsPlainly(CALLS));
    expect([after.call(1, 2), after.made()]).toEqual([3, 0]);
    expect(after.later()).toBe("later");
    after.leave(false);
    expect(() => after.call(1, 2)).toThrow("cannot leave");
  });

  test("fails where jco writes something else", () => {
    expect(() => callImportsPlainly("let parentTask;")).toThrow("no longer writes");
  });
});

describe("muteDebugLog", () => {
  test("leaves nothing of it", () => {
    expect(muteDebugLog(GLUE)).not.toContain("JCO_DEBUG");
  });
  test("says so when jco no longer writes it", () => {
    expect(() => muteDebugLog("other")).toThrow("patches.ts");
  });
});

describe("keepByteOrderMarks", () => {
  const decoded = (glue: string): unknown =>
    new Function("bytes", `${glue} return TEXT_DECODER_UTF8.decode(bytes);`)(Buffer.from("\ufeffa"));
  const written = "const TEXT_DECODER_UTF8 = new TextDecoder();";
  test("leaves U+FEFF at the front of a text", () => {
    expect(decoded(written)).toBe("a");
    expect(decoded(patchDecoder(written))).toBe("\ufeffa");
  });
  test("says so when jco no longer writes its decoder so", () => {
    expect(() => patchDecoder("other")).toThrow("patches.ts");
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
