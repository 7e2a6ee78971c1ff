/**
 * What jco makes, changed so that an instance can be used again and cannot take the machine down.
 * Each patch is one function with a test of its own; a pattern that jco no longer writes throws, so that a
 * new jco is noticed at the first start and not by a leak. Measured on jco 1.35 (docs/host.md has figures).
 */
import {
  importedGlobals,
  leb128,
  mutableGlobals,
  Reader,
  readSections,
  SECTION,
  writeSections,
} from "./wasm-binary.ts";

export const PATCHES_VERSION = 5;
export const GLOBAL_PREFIX = "ledge:global:";

/**
 * jco asks for `WebAssembly.promising`, which Node 20 lacks, catches the TypeError and goes on: four times an
 * instance, 12 ms with their stack texts. The functions are only called without asynchrony, so the identity
 * serves.
 */
export function givePromising(target: { promising?: unknown }): void {
  target.promising ??= (fn: unknown) => fn;
}

/** `_debugLog` reads process.env on every call of every import; it is muted. */
export function muteDebugLog(glue: string): string {
  return replaceOnce(
    glue,
    /const _debugLog = \(\.\.\.args\) => \{[^}]*\}\s*console\.debug\(\.\.\.args\);\s*\};/,
    () => "const _debugLog = () => {};",
  );
}

/**
 * jco reads the strings of a guest with a decoder that drops U+FEFF at the front: another key, another value. The
 * bytes decide, as on Spin.
 */
export function patchDecoder(glue: string): string {
  return replaceOnce(
    glue,
    /const TEXT_DECODER_UTF8 = new TextDecoder\(\);/,
    () => 'const TEXT_DECODER_UTF8 = new TextDecoder("utf-8", { ignoreBOM: true });',
  );
}

/**
 * Each call of an import makes two tasks, for components with asynchronous functions. Ours have none: a guest of the large
 * engine asks for the time a thousand times an export, and half of the export's time went there. What is left of a task
 * is a thing that does nothing.
 */
export function callImportsPlainly(glue: string): string {
  const withoutTasks = replaceOnce(
    glue,
    /const hostProvided = true;\s*let parentTask;\s*let task;\s*let subtask;\s*const createTask = \(\) => \{[\s\S]*?\n {4}\};\s*taskCreation: \{[\s\S]*?\n {4}\}\n/g,
    () => "const task = NO_TASK;\n",
  );
  const direct = replaceOnce(
    withoutTasks,
    /_withGlobalCurrentTaskMeta\(\{\s*componentIdx: task\.componentIdx\(\),\s*taskID: task\.id\(\),\s*fn: \(\) => _trackHostOperation\(\(\) => ([\s\S]*?)\),\s*\}\)/g,
    (_all, call = "") => call,
  );
  return replaceOnce(
    direct,
    /function _lowerImportBackwardsCompat\(args\) \{/,
    () => `${NO_TASK}
  function _lowerImportBackwardsCompat(args, ...given) {
    if (!args.isAsync && !args.isManualAsync && !args.funcTypeIsAsync) {
      _checkMayLeave(args.componentIdx);
      return args.importFn(...given);
    }`,
  );
}

const NO_TASK = `const NO_TASK = {
    id() {}, enterSync() {}, getParentSubtask() {}, resolve() {}, setErrored() {}, reject() {}, exit() {},
  };`;

/**
 * Adds `$reset()` to what `instantiate` returns: jco's own tables of handles as they were at the start.
 * Without it each request leaves its handles behind.
 */
export function addReset(glue: string): string {
  const tables = [...glue.matchAll(/const (handleTable\d+) = \[T_FLAG, 0\];/g)].map(([, name]) => name);
  const captures = [...glue.matchAll(/const (captureTable\d+)= new Map\(\);/g)].map(([, name]) => name);
  const counters = [...glue.matchAll(/let (captureCnt\d+)= 0;/g)].map(([, name]) => name);
  if (tables.length === 0 || captures.length !== counters.length) {
    throw new Error(
      "jco's handle tables are not where they were; programs/host/guests/patches.ts needs a look",
    );
  }
  const lines = [
    `for (const table of [${tables.join(", ")}]) {`,
    "  table.length = 2; table[0] = T_FLAG; table[1] = 0; table._createdReps?.clear();",
    "}",
    `for (const table of [${captures.join(", ")}]) table.clear();`,
    ...counters.map((name) => `${name} = 0;`),
  ];
  return replaceOnce(
    glue,
    /return \{ ([^{}]*?),? +\};\n\}\)\(\);/,
    (_all, names) => `return { ${names}, $reset() { ${lines.join("\n")} } };\n})();`,
  );
}

/** Exports every global of a module that can change, by number, so that its value can be put back. */
export function exportMutableGlobals(module: Uint8Array): Uint8Array {
  const sections = readSections(module);
  const find = (id: number) => sections.find((section) => section.id === id)?.payload;
  const mutable = mutableGlobals(find(SECTION.global));
  if (mutable.length === 0) return module;
  const first = importedGlobals(find(SECTION.import));
  const added = mutable.flatMap((at) => {
    const name = [...Buffer.from(`${GLOBAL_PREFIX}${first + at}`)];
    return [...leb128(name.length), ...name, 3, ...leb128(first + at)];
  });
  const old = new Reader(find(SECTION.export) ?? new Uint8Array([0]), 0);
  const count = old.u32() + mutable.length;
  const payload = Buffer.concat([new Uint8Array(leb128(count)), old.rest(), new Uint8Array(added)]);
  const others = sections.filter(({ id }) => id !== SECTION.export);
  // Exports stand before start (8) and what follows it; custom sections (0) may stand anywhere.
  const at = others.findIndex(({ id }) => id > SECTION.export && id !== 13);
  others.splice(at < 0 ? others.length : at, 0, { id: SECTION.export, payload });
  return writeSections(others);
}

/** Caps every memory that a module declares: a guest that takes all it can gets `out of memory`. */
export function capMemory(module: Uint8Array, bytesMax: number): Uint8Array {
  const pagesMax = Math.floor(bytesMax / 65536);
  return writeSections(
    readSections(module).map((section) => {
      if (section.id !== SECTION.memory) return section;
      const reader = new Reader(section.payload, 0);
      const count = reader.u32();
      const out = leb128(count);
      for (let left = count; left > 0; left -= 1) {
        const { flags, min, max } = reader.limits();
        const cap = Math.max(min, Math.min(max ?? pagesMax, pagesMax));
        out.push(flags | 1, ...leb128(min), ...leb128(cap));
      }
      return { id: section.id, payload: new Uint8Array(out) };
    }),
  );
}

function replaceOnce(
  text: string,
  pattern: RegExp,
  by: (all: string, ...groups: string[]) => string,
): string {
  let count = 0;
  const replaced = text.replace(pattern, (all, ...groups) => {
    count += 1;
    return by(all, ...groups);
  });
  if (count === 0)
    throw new Error(`jco no longer writes ${pattern}; programs/host/guests/patches.ts needs a look`);
  return replaced;
}
