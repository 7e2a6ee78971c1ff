/**
 * Schemathesis, which test/programs/schemathesis.test.ts runs, in a Python environment below .cache. Promise: a second call
 * does nothing, each step ends in bounded time, and what cannot be had is said; the test is then skipped.
 */
import { spawnSync } from "node:child_process";
import { existsSync, rmSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { root } from "./ensure.mjs";

const folder = join(root, ".cache", "schemathesis");
const SCHEMATHESIS = "schemathesis==4.32.5";
const STEP_MS = 600_000;

export function installSchemathesis() {
  if (existsSync(join(folder, "bin", "schemathesis"))) return;
  const steps = [
    ["python3", ["-m", "venv", folder]],
    [join(folder, "bin", "pip"), ["install", "--quiet", "--disable-pip-version-check", SCHEMATHESIS]],
  ];
  for (const [command, args] of steps) {
    const { status, error } = spawnSync(command, args, {
      stdio: ["ignore", "ignore", "inherit"],
      timeout: STEP_MS,
    });
    if (status === 0) continue;
    const why = error?.message ?? `${command} ended with ${status}`;
    console.error(`${SCHEMATHESIS} cannot be installed (${why}); its test is skipped.`);
    // Half an environment would be taken for a whole one.
    rmSync(folder, { recursive: true, force: true });
    return;
  }
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) installSchemathesis();
