/**
 * A .wasm component as something Node can run: jco's JavaScript and the core modules, patched, and kept in
 * a folder under their hash, so that it is done once. Promise: the folder is complete or absent.
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
  const folder = await prepareComponent(wasmFile, cacheDir);
  const modules = compiled.get(folder) ?? compileAll(folder);
  compiled.set(folder, modules);
  const kind = existsSync(join(folder, "inbound-http")) ? "inbound-http" : "wasi-http";
  const hasCron = existsSync(join(folder, "cron"));
  return { kind, glueFile: join(folder, GLUE), modules: await modules, hasCron };
}

/** The part that takes long, done once for a file: returns the folder in the cache that holds what it needs to run. */
export async function prepareComponent(wasmFile: string, cacheDir: string): Promise<string> {
  const bytes = readFileSync(wasmFile);
  const hash = createHash("sha256").update(`${PATCHES_VERSION} ${jcoVersion}\n`).update(bytes).digest("hex");
  const folder = join(cacheDir, hash.slice(0, 32));
  if (!existsSync(folder)) await fillCache(bytes, folder);
  return folder;
}

/** By folder: a process with several hosts (as tests have) compiles each module once. */
const compiled = new Map<string, Promise<RunnableComponent["modules"]>>();

async function compileAll(folder: string): Promise<RunnableComponent["modules"]> {
  const names = readdirSync(folder).filter((name) => name.endsWith(".wasm"));
  const pairs = names.map(
    async (name) => [name, await WebAssembly.compile(readFileSync(join(folder, name)))] as const,
  );
  return Object.fromEntries(await Promise.all(pairs));
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
  const beside = `${folder}.${process.pid}.new`;
  mkdirSync(beside, { recursive: true });
  for (const [name, content] of Object.entries(files)) {
    if (name.endsWith(".wasm")) writeFileSync(join(beside, name), patchedModule(content, inbound));
    else if (name === "component.js")
      writeFileSync(join(beside, GLUE), await minified(patchedGlue(content, inbound)));
  }
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
