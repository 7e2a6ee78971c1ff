/** The native engine for tests: its threads bundled from the current source, once in a test process. */
import { join } from "node:path";
import { bundlePrograms } from "../build/programs.ts";
import { type NativeOptions, nativeEngine } from "../programs/native/engine.ts";
import { root } from "./processes.ts";

let worker: Promise<string> | undefined;

async function bundleThreads(): Promise<string> {
  const outdir = join(root, ".cache", "test", `native-${process.pid}`);
  await bundlePrograms(root, { "native-worker": join(root, "programs/native/worker.ts") }, outdir);
  return join(outdir, "native-worker.mjs");
}

/** For `HostOptions.engine`. */
export async function testNativeEngine(
  options: Pick<NativeOptions, "wal"> = {},
): Promise<ReturnType<typeof nativeEngine>> {
  worker ??= bundleThreads();
  return nativeEngine({ workerFile: await worker, ...options });
}
