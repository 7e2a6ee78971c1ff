/**
 * The Node programs: each programs/NAME/main.ts becomes dist/programs/NAME.mjs, and a worker.ts anywhere below
 * programs/NAME a NAME-worker.mjs, with their packages. Node 20 does not run TypeScript; found by folder, so a new
 * program needs no entry here.
 */
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { build, type Plugin } from "esbuild";
import { consoleModule } from "./console.ts";
import { boundedValidation } from "./json-schema.ts";
import { migrationsModule, sqlConstants } from "./plugins.ts";

/** Builds all programs and returns their names. `outdir` is only another one in tests. */
export async function buildPrograms(
  root: string,
  outdir = join(root, "dist", "programs"),
): Promise<string[]> {
  const entries = programEntries(root);
  const outputs = await bundlePrograms(root, entries, outdir);
  removeFormer(outdir, new Set(outputs.map((file) => basename(file))));
  return Object.keys(entries);
}

/** Bundles these entries, by the names that they get, and returns the files that were written. */
export async function bundlePrograms(
  root: string,
  entries: Readonly<Record<string, string>>,
  outdir: string,
): Promise<string[]> {
  const { outputFiles } = await build({
    write: false,
    absWorkingDir: root,
    entryPoints: entries,
    outdir,
    bundle: true,
    format: "esm",
    platform: "node",
    target: "node20",
    // What only one command needs (the AWS SDK, a database) is loaded with that command.
    splitting: true,
    sourcemap: "linked",
    // Comments and spaces of all these packages would be read with each start.
    minifyWhitespace: true,
    outExtension: { ".js": ".mjs" },
    logLevel: "silent",
    banner: { js: REQUIRE },
    // A UMD main finds its parts in a way that cannot be bundled.
    mainFields: ["module", "main"],
    plugins: [
      sqlConstants(root),
      migrationsModule(root),
      consoleModule(root),
      boundedValidation(root),
      packagesOutside,
    ],
  });
  mkdirSync(outdir, { recursive: true });
  for (const { path, contents } of outputFiles) writeWhole(path, contents);
  return outputFiles.map(({ path }) => path);
}

/** A program that starts meanwhile reads the file of before or this one, and none is written that is there already. */
function writeWhole(file: string, contents: Uint8Array): void {
  if (existsSync(file) && readFileSync(file).equals(contents)) return;
  const beside = `${file}.${process.pid}`;
  writeFileSync(beside, contents);
  renameSync(beside, file);
}

/** Chunks of former builds have other names. */
function removeFormer(outdir: string, current: ReadonlySet<string>): void {
  for (const name of readdirSync(outdir)) if (!current.has(name)) rmSync(join(outdir, name));
}

/**
 * Packages that find files of their own beside them: binaries, and Wasm. All others are bundled: a server's packages are
 * more than a thousand files, and finding them one by one was most of its start.
 */
const OUTSIDE = /^(better-sqlite3|@bytecodealliance\/.*|componentize-qjs|esbuild)$/;

const packagesOutside: Plugin = {
  name: "packages-outside",
  setup(build) {
    build.onResolve({ filter: OUTSIDE }, ({ path }) => ({ path, external: true }));
  },
};

/** Older packages call `require` for Node's own modules, which an ES module does not have. */
const REQUIRE =
  'import { createRequire as ledgeRequire } from "node:module"; const require = ledgeRequire(import.meta.url);';

function programEntries(root: string): Record<string, string> {
  const entries: Record<string, string> = {};
  for (const name of readdirSync(join(root, "programs")).sort()) {
    const files = readdirSync(join(root, "programs", name), { recursive: true, encoding: "utf8" });
    const worker = files.find((file) => basename(file) === "worker.ts");
    if (files.includes("main.ts")) entries[name] = join(root, "programs", name, "main.ts");
    if (worker !== undefined) entries[`${name}-worker`] = join(root, "programs", name, worker);
  }
  return entries;
}
