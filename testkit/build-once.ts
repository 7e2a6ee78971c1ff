/**
 * What all tests need, built once before any of them runs: the host tests' own components, and the threads' JavaScript from
 * the source as it is now. Whatever is unchanged is skipped.
 */
import { join } from "node:path";
import type { TestProject } from "vitest/node";
import { planComponents } from "../build/components.ts";
import { bundlePrograms } from "../build/programs.ts";
import { prepareComponent } from "../programs/host/guests/transpile.ts";
import { BUILT_VARIABLE, buildFor, COMPONENT_CACHE, LEDGE_MANIFEST, PROBE_MANIFEST } from "./host.ts";
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
  // A whole run needs all components; a single file waits for those that it names.
  const whole = process.env.LEDGE_TEST_WHOLE === "1";
  const manifests = whole ? [PROBE_MANIFEST, LEDGE_MANIFEST] : [PROBE_MANIFEST];
  await Promise.all([...manifests.map((manifest) => buildFor(manifest)), bundleThreads()]);
  if (!whole) return;
  process.env[BUILT_VARIABLE] = "1";
  // Else each process that needs one first makes it, several at one time.
  for (const { output } of manifests.flatMap(planComponents)) await prepareComponent(output, COMPONENT_CACHE);
}

async function bundleThreads(): Promise<void> {
  const outdir = process.env[THREADS_VARIABLE] ?? "";
  const entries = Object.entries(THREADS).map(([name, file]) => [name, join(root, file)]);
  await bundlePrograms(root, Object.fromEntries(entries), outdir);
}
