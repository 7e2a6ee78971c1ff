/**
 * The Node programs: each programs/NAME/main.ts becomes dist/programs/NAME.mjs, and a worker.ts beside it
 * NAME-worker.mjs, with packages left outside. Node 20 does not run TypeScript; found by folder, so a new
 * program needs no entry here.
 */
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { build } from "esbuild";
import { migrationsModule } from "./plugins.ts";

/** Builds all programs and returns their names. `outdir` is only another one in tests. */
export async function buildPrograms(
  root: string,
  outdir = join(root, "dist", "programs"),
): Promise<string[]> {
  const entries = programEntries(root);
  await build({
    entryPoints: entries,
    outdir,
    bundle: true,
    format: "esm",
    platform: "node",
    target: "node20",
    packages: "external",
    // What only one command needs (the AWS SDK, a database) is loaded with that command.
    splitting: true,
    sourcemap: "linked",
    outExtension: { ".js": ".mjs" },
    logLevel: "silent",
    plugins: [migrationsModule(join(root, "migrations"))],
  });
  return Object.keys(entries);
}

function programEntries(root: string): Record<string, string> {
  const entries: Record<string, string> = {};
  for (const name of readdirSync(join(root, "programs")).sort()) {
    const main = join(root, "programs", name, "main.ts");
    const worker = join(root, "programs", name, "worker.ts");
    if (existsSync(main)) entries[name] = main;
    if (existsSync(worker)) entries[`${name}-worker`] = worker;
  }
  return entries;
}
