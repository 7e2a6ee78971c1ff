/**
 * Tools of tests in a Python environment of their own below .cache. Promise: each step ends in bounded time, what cannot be
 * had is said, and no half of an environment stays.
 */
import { spawnSync } from "node:child_process";
import { rmSync } from "node:fs";
import { join } from "node:path";

/** `skipped` says what goes without them. `stepMs`: how long one step may take. */
export function installPythonTools(folder, packages, { stepMs, named, skipped }) {
  const steps = [
    ["python3", ["-m", "venv", folder]],
    [join(folder, "bin", "pip"), ["install", "--quiet", "--disable-pip-version-check", ...packages]],
  ];
  for (const [command, args] of steps) {
    const { status, error } = spawnSync(command, args, {
      stdio: ["ignore", "ignore", "inherit"],
      timeout: stepMs,
    });
    if (status === 0) continue;
    const why = error?.message ?? `${command} ended with ${status}`;
    console.error(`${named} cannot be installed (${why}); ${skipped}.`);
    // Half an environment would be taken for a whole one.
    rmSync(folder, { recursive: true, force: true });
    return;
  }
}
