/** Programs of a thread of their own, bundled from the source as it is now. */
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { Worker } from "node:worker_threads";
import { build } from "esbuild";

/** The JavaScript of bench/NAME.ts, packages left outside. */
export async function bundle(root: string, name: string): Promise<string> {
  const folder = join(root, ".cache", "bench");
  mkdirSync(folder, { recursive: true });
  const outfile = join(folder, `${name}-${process.pid}.mjs`);
  await build({
    entryPoints: [join(root, "bench", `${name}.ts`)],
    outfile,
    bundle: true,
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
