/**
 * What a built component imports and exports, read from the .wasm itself; and what each of ours may, so that
 * nothing which Spin lacks slips in. A component that imports more fails to load there, for all routes.
 */
import { componentWit } from "@bytecodealliance/jco";
import type { ComponentPlan } from "./components.ts";

export interface Interfaces {
  readonly imports: readonly string[];
  readonly exports: readonly string[];
}

/** Names as WIT writes them, in alphabetical order. */
export async function readInterfaces(component: Uint8Array): Promise<Interfaces> {
  const wit = await componentWit(component);
  const world = /world root \{([\s\S]*?)\n\}/.exec(wit)?.[1] ?? "";
  const of = (word: string) =>
    [...world.matchAll(new RegExp(`^ *${word} (?!func)([^;{ ]+?)(?:;|: func)`, "gm"))]
      .map(([, name]) => name ?? "")
      .sort();
  return { imports: of("import"), exports: of("export") };
}

/** WASI as the engines' adapters ask for it; Spin 3.3 to 4.0 link these by compatible version. */
const ADAPTER = [
  "wasi:cli/stderr@0.2.12",
  "wasi:cli/stdin@0.2.12",
  "wasi:cli/stdout@0.2.12",
  "wasi:cli/terminal-input@0.2.12",
  "wasi:cli/terminal-output@0.2.12",
  "wasi:cli/terminal-stderr@0.2.12",
  "wasi:cli/terminal-stdin@0.2.12",
  "wasi:cli/terminal-stdout@0.2.12",
  "wasi:clocks/monotonic-clock@0.2.12",
  "wasi:clocks/wall-clock@0.2.12",
  "wasi:filesystem/preopens@0.2.12",
  "wasi:filesystem/types@0.2.12",
  "wasi:io/error@0.2.12",
  "wasi:io/poll@0.2.12",
  "wasi:io/streams@0.2.12",
  "wasi:random/random@0.2.12",
];
const STORE = ["fermyon:spin/variables@2.0.0", "spin:sqlite/sqlite@3.0.0"];
const QUICKJS: Interfaces = {
  imports: [
    ...STORE,
    ...ADAPTER,
    "fermyon:spin/http-types",
    "wasi:cli/environment@0.2.12",
    "wasi:cli/exit@0.2.12",
    "wasi:random/insecure-seed@0.2.12",
  ].sort(),
  exports: ["fermyon:spin/inbound-http", "init"],
};

/** The exact interfaces of a component, by the world it is built for. */
export const EXPECTED: Readonly<Record<string, Interfaces>> = {
  "store-http": QUICKJS,
  "chaining-http": { ...QUICKJS, imports: [...QUICKJS.imports, "fermyon:spin/http"].sort() },
  "scheduled-http": {
    imports: [
      ...STORE,
      ...ADAPTER,
      "fermyon:spin-cron/cron-types@2.0.0",
      "wasi:http/outgoing-handler@0.2.3",
      "wasi:http/types@0.2.3",
    ].sort(),
    exports: ["handle-cron-event", "wasi:http/incoming-handler@0.2.3"],
  },
};

/**
 * What a component may weigh, by its engine. Of that, the engine is 1.4 MB in a small one (0.9 in `quickjs-small`); the
 * rest is memory that each request on Spin begins with.
 */
export const SIZE_BYTES_MAX: Readonly<Record<ComponentPlan["engine"], number>> = {
  quickjs: 2_000_000,
  "quickjs-small": 2_000_000,
  starlingmonkey: 26_000_000,
};
