/** Programs of the testkit as one file each, from the source as it is now: Node reads that in a third of the time. */
import { join, parse } from "node:path";
import { build } from "esbuild";
import { sqlConstants } from "../build/plugins.ts";
import { root } from "./processes.ts";

const bundles = new Map<string, Promise<string>>();

/** The JavaScript file of a program, made once in a test process. */
export function bundled(entry: string): Promise<string> {
  const made = bundles.get(entry) ?? bundle(entry);
  bundles.set(entry, made);
  return made;
}

async function bundle(entry: string): Promise<string> {
  const { dir, name } = parse(entry);
  const outfile = join(".cache", "test", `${parse(dir).name}-${name}-${process.pid}.mjs`);
  await build({
    entryPoints: [entry],
    outfile,
    bundle: true,
    format: "esm",
    platform: "node",
    external: ["better-sqlite3"],
    // As in the product: else each process would make all statements and the interface's description at its start.
    plugins: [sqlConstants(root)],
    // Packages in CommonJS ask for what is Node's own.
    banner: {
      js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);",
    },
  });
  return outfile;
}
