/** Programs of a thread of their own, bundled from the source as it is now. */
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { Worker } from "node:worker_threads";
import { build } from "esbuild";

let bundles = 0;

/** The JavaScript of bench/NAME.ts, packages left outside. `define` has constants by their names. */
export async function bundle(
  root: string,
  name: string,
  define: Readonly<Record<string, string>> = {},
): Promise<string> {
  bundles += 1;
  const folder = join(root, ".cache", "bench");
  mkdirSync(folder, { recursive: true });
  const outfile = join(folder, `${name}-${process.pid}-${bundles}.mjs`);
  await build({
    entryPoints: [join(root, "bench", `${name}.ts`)],
    outfile,
    bundle: true,
    define: { ...define },
    format: "esm",
    platform: "node",
    target: "node20",
    packages: "external",
    logLevel: "silent",
  });
  return outfile;
}

/** Runs it with `data` and gives the first message that it sends. */
export async function runThread(root: string, name: string, data: unknown): Promise<unknown> {
  const worker = new Worker(await bundle(root, name), { workerData: data });
  try {
    return await new Promise((done, failed) => {
      worker.once("message", done);
      worker.once("error", failed);
      worker.once("exit", (code) => failed(new Error(`${name} ended with ${code}`)));
    });
  } finally {
    await worker.terminate();
  }
}
