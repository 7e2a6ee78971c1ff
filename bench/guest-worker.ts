/**
 * The host's worker thread with one addition: after each request it writes to a file how large the largest of the
 * newest Wasm memories is. A memory never shrinks, so that is the most that a guest had.
 */
import { renameSync, writeFileSync } from "node:fs";
import { parentPort, workerData } from "node:worker_threads";

/** The guest that served, and the one made ahead for the next request; each may have two memories. */
const KEPT = 4;

const file = process.env.LEDGE_BENCH_MEMORY_FILE;
const memories: WebAssembly.Memory[] = [];

if (file !== undefined && workerData.settings.kind === "wasi-http") {
  WebAssembly.Instance = new Proxy(WebAssembly.Instance, {
    construct(target, parameters: ConstructorParameters<typeof WebAssembly.Instance>) {
      const instance = new target(...parameters);
      for (const exported of Object.values(instance.exports)) {
        if (exported instanceof WebAssembly.Memory && !memories.includes(exported)) memories.push(exported);
      }
      return instance;
    },
  });
  await import("../programs/host/pool/worker.ts");
  // Behind the worker's own listener, which has run the guest to its end by then.
  parentPort?.on("message", () => {
    writeFileSync(`${file}.new`, String(Math.max(0, ...memories.map(({ buffer }) => buffer.byteLength))));
    renameSync(`${file}.new`, file);
    memories.splice(0, Math.max(0, memories.length - KEPT));
  });
} else await import("../programs/host/pool/worker.ts");
