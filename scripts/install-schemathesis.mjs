/**
 * Schemathesis, which test/programs/schemathesis.test.ts runs, in a Python environment below .cache. Promise: a second call
 * does nothing, each step ends in bounded time, and what cannot be had is said; the test is then skipped.
 */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { root } from "./ensure.mjs";
import { installPythonTools } from "./python-tools.mjs";

const folder = join(root, ".cache", "schemathesis");
const SCHEMATHESIS = "schemathesis==4.32.5";
const STEP_MS = 600_000;

export function installSchemathesis() {
  if (existsSync(join(folder, "bin", "schemathesis"))) return;
  installPythonTools(folder, [SCHEMATHESIS], {
    stepMs: STEP_MS,
    named: SCHEMATHESIS,
    skipped: "its test is skipped",
  });
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) installSchemathesis();
