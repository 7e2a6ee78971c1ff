/**
 * The official test suite of JSON Schema, for test/json-schema/official.test.ts: as the Python package `jsonschema` carries
 * it in its source. Promise: a second call does nothing; where it cannot be had that is said, and the tests skip it.
 */
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { root } from "./ensure.mjs";

const VERSION = "4.23.0";
const folder = join(root, ".cache", "json-schema-test-suite");
const STEP_MS = 300_000;

export function installSchemaSuite() {
  if (existsSync(join(folder, "tests"))) return;
  const beside = `${folder}-${process.pid}`;
  mkdirSync(beside, { recursive: true });
  const archive = `jsonschema-${VERSION}`;
  const download = [
    "-m",
    "pip",
    "download",
    "--quiet",
    "--no-deps",
    "--no-binary",
    "jsonschema",
    `jsonschema==${VERSION}`,
  ];
  for (const [command, args] of [
    ["python3", [...download, "--dest", beside]],
    ["tar", ["-xzf", join(beside, `${archive}.tar.gz`), "-C", beside, `${archive}/json`]],
  ]) {
    const { status, error } = spawnSync(command, args, {
      stdio: ["ignore", "ignore", "inherit"],
      timeout: STEP_MS,
    });
    if (status === 0) continue;
    const why = error?.message ?? `${command} ended with ${status}`;
    console.error(`The suite of JSON Schema cannot be installed (${why}); its tests are skipped.`);
    rmSync(beside, { recursive: true });
    return;
  }
  rmSync(folder, { recursive: true, force: true });
  renameSync(join(beside, archive, "json"), folder);
  rmSync(beside, { recursive: true });
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) installSchemaSuite();
