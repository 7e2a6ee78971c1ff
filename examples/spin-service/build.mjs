/** Makes dist/service.wasm, as the SDK's own `j2w` does. It takes our WIT: that of the SDK is too old for this componentize-js. */
import { mkdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { componentize } from "@bytecodealliance/componentize-js";
import { build } from "esbuild";

const folder = import.meta.dirname;
/** Where the component goes: the first argument, else beside this file. */
const output = process.argv[2] ?? join(folder, "dist", "service.wasm");

const bundle = join(dirname(output), "service.mjs");
await mkdir(dirname(output), { recursive: true });
await build({
  entryPoints: [join(folder, "index.ts")],
  outfile: bundle,
  bundle: true,
  format: "esm",
  platform: "browser",
  target: "es2022",
  external: ["fermyon:*", "wasi:*"],
  logLevel: "warning",
});
const { component } = await componentize({
  sourcePath: bundle,
  witPath: join(folder, "..", "..", "wit"),
  worldName: "fetching-http",
  disableFeatures: [],
  enableFeatures: ["http"],
});
await writeFile(output, component);
console.log(`${output}: ${(component.length / 1e6).toFixed(1)} MB`);
