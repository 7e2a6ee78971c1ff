/**
 * What all tests need, built once before any of them runs: the host tests' own components, and the threads' JavaScript from
 * the source as it is now. Whatever is unchanged is skipped.
 */
import { join } from "node:path";
import type { TestProject } from "vitest/node";
import { bundlePrograms } from "../build/programs.ts";
import { buildFor, PROBE_MANIFEST } from "./host.ts";
import { root } from "./processes.ts";
import { THREADS_VARIABLE } from "./threads.ts";

const THREADS = {
  "host-worker": "programs/host/pool/worker.ts",
  "native-worker": "programs/native/worker.ts",
  "libsql-worker": "programs/libsql/worker.ts",
};

export async function setup(project: TestProject): Promise<void> {
  project.onTestsRerun(bundleThreads);
  // Each project of the configuration comes here.
  if (process.env[THREADS_VARIABLE] !== undefined) return;
  process.env[THREADS_VARIABLE] = join(root, ".cache", "test", `threads-${process.pid}`);
  await Promise.all([buildFor(PROBE_MANIFEST), bundleThreads()]);
}

async function bundleThreads(): Promise<void> {
  const outdir = process.env[THREADS_VARIABLE] ?? "";
  const entries = Object.entries(THREADS).map(([name, file]) => [name, join(root, file)]);
  await bundlePrograms(root, Object.fromEntries(entries), outdir);
}
