/**
 * A .wasm component as something Node can run: jco's JavaScript, patched and kept in a folder under the component's hash, so
 * that it is done once, and the core modules, which are patched as they are read out of the component: kept too, they
 * would be all of it once more. Promise: the folder is complete or absent.
 */
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import {
  addReset,
  callImportsPlainly,
  capMemory,
  exportMutableGlobals,
  muteDebugLog,
  PATCHES_VERSION,
  patchDecoder,
} from "./patches.ts";
import { coreModules } from "./wasm-binary.ts";

export type GuestKind = "inbound-http" | "wasi-http";

export interface RunnableComponent {
  readonly kind: GuestKind;
  /** The patched JavaScript, an ES module with `instantiate`. */
  readonly glueFile: string;
  /** Compiled core modules by the name the JavaScript asks for; they are shared with workers. */
  readonly modules: Readonly<Record<string, WebAssembly.Module>>;
  readonly hasCron: boolean;
}

/** Guests of the small engine; a hog is told `out of memory` after a fifth of a second. */
const INBOUND_MEMORY_BYTES_MAX = 128 * 1024 * 1024;
/** The large engine begins at 20 MB and an export holds its parts several times over. */
const WASI_MEMORY_BYTES_MAX = 512 * 1024 * 1024;
const GLUE = "component.mjs";

/** Makes a component runnable, from the cache where it can. Throws when the file is not a component. */
export async function loadComponent(wasmFile: string, cacheDir: string): Promise<RunnableComponent> {
  const bytes = readFileSync(wasmFile);
  const folder = await prepared(bytes, cacheDir);
  const kind = existsSync(join(folder, "inbound-http")) ? "inbound-http" : "wasi-http";
  const modules = compiled.get(folder) ?? compileAll(bytes, { folder, kind });
  compiled.set(folder, modules);
  const hasCron = existsSync(join(folder, "cron"));
  return { kind, glueFile: join(folder, GLUE), modules: await modules, hasCron };
}

/** The part that takes long, done once for a file: returns the folder in the cache that holds what it needs to run. */
export async function prepareComponent(wasmFile: string, cacheDir: string): Promise<string> {
  return prepared(readFileSync(wasmFile), cacheDir);
}

async function prepared(bytes: Uint8Array, cacheDir: string): Promise<string> {
  const hash = createHash("sha256").update(`${PATCHES_VERSION} ${jcoVersion}\n`).update(bytes).digest("hex");
  const folder = join(cacheDir, hash.slice(0, 32));
  if (!existsSync(folder)) await fillCache(bytes, folder);
  return folder;
}

/** By folder: a process with several hosts (as tests have) compiles each module once. */
const compiled = new Map<string, Promise<RunnableComponent["modules"]>>();

async function compileAll(
  component: Uint8Array,
  { folder, kind }: { folder: string; kind: GuestKind },
): Promise<RunnableComponent["modules"]> {
  const made = readdirSync(folder).filter((name) => name.endsWith(".wasm"));
  const modules = new Map([
    ...coreModules(component).map((module, at) => [moduleName(at), module] as const),
    ...made.map((name) => [name, readFileSync(join(folder, name))] as const),
  ]);
  const pairs = [...modules].map(
    async ([name, module]) =>
      [name, await WebAssembly.compile(patchedModule(module, kind === "inbound-http"))] as const,
  );
  return Object.fromEntries(await Promise.all(pairs));
}

/** How jco numbers core modules, in the order in which they stand in the component. */
function moduleName(at: number): string {
  return `component.core${at === 0 ? "" : at + 1}.wasm`;
}

const jcoVersion = "1.35.0";

async function fillCache(bytes: Uint8Array, folder: string): Promise<void> {
  // Only a cold start needs jco, which takes a second to load.
  const { transpile } = await import("@bytecodealliance/jco");
  const { files, exports } = await transpile(bytes, {
    name: "component",
    instantiation: "sync",
    noTypescript: true,
    wasiShim: false,
  });
  const names = exports.map(([name]: [string, string]) => name);
  const inbound = names.includes("inboundHttp");
  if (!inbound && !names.includes("incomingHandler"))
    throw new Error("the component exports no HTTP handler");
  const glue = files["component.js"];
  if (glue === undefined) throw new Error("jco made no JavaScript of the component");
  const beside = `${folder}.${process.pid}.new`;
  mkdirSync(beside, { recursive: true });
  writeFileSync(join(beside, GLUE), await minified(patchedGlue(glue, inbound)));
  for (const [name, module] of modulesOfJco(bytes, files)) writeFileSync(join(beside, name), module);
  if (inbound) writeFileSync(join(beside, "inbound-http"), "");
  if (names.includes("handleCronEvent")) writeFileSync(join(beside, "cron"), "");
  mkdirSync(dirname(folder), { recursive: true });
  try {
    renameSync(beside, folder);
  } catch (error) {
    // Another process was first; its folder has the same hash and so the same content.
    rmSync(beside, { recursive: true, force: true });
    if (!existsSync(folder)) throw error;
  }
}

/** What jco made or changed: all others are read out of the component. */
function modulesOfJco(
  component: Uint8Array,
  files: Readonly<Record<string, Uint8Array>>,
): [name: string, module: Uint8Array][] {
  const own = new Map(coreModules(component).map((module, at) => [moduleName(at), module]));
  return Object.entries(files).filter(
    ([name, module]) => name.endsWith(".wasm") && Buffer.compare(own.get(name) ?? NOTHING, module) !== 0,
  );
}

const NOTHING = new Uint8Array();

/** Every worker of every start reads it: what jco writes for people, and calls that log nothing, are most of it. */
async function minified(glue: string): Promise<string> {
  const { transform } = await import("esbuild");
  const { code } = await transform(glue, { format: "esm", minify: true, pure: ["_debugLog"] });
  return code;
}

function patchedModule(module: Uint8Array, inbound: boolean): Uint8Array {
  const capped = capMemory(module, inbound ? INBOUND_MEMORY_BYTES_MAX : WASI_MEMORY_BYTES_MAX);
  return inbound ? exportMutableGlobals(capped) : capped;
}

function patchedGlue(glue: Uint8Array, inbound: boolean): string {
  const text = callImportsPlainly(patchDecoder(muteDebugLog(Buffer.from(glue).toString("utf8"))));
  return inbound ? addReset(text) : text;
}
