/**
 * Makes sure that the packages are there before anything imports one, and runs a TypeScript program of this
 * project by bundling it first (Node 20 does not run TypeScript). Plain JavaScript: it is what runs first.
 */
import { spawn, spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

export const root = fileURLToPath(new URL("..", import.meta.url));

/** Installs the locked packages when they are missing or older than the lock file's content. */
export function ensurePackages() {
  const lock = join(root, "package-lock.json");
  const installed = join(root, "node_modules", ".package-lock.json");
  if (existsSync(installed) && sameVersions(lock, installed)) return;
  console.log("Installing packages (npm ci) …");
  const npm = process.platform === "win32" ? "npm.cmd" : "npm";
  const { status } = spawnSync(npm, ["ci", "--no-audit", "--no-fund"], { cwd: root, stdio: "inherit" });
  if (status !== 0) {
    console.error("npm ci failed. On a machine without a prebuilt better-sqlite3 it needs a C++ compiler.");
    process.exit(1);
  }
}

/** Packages of another platform are in the lock file and not installed; only what is installed must agree. */
function sameVersions(lock, installed) {
  const wanted = JSON.parse(readFileSync(lock, "utf8")).packages;
  const have = JSON.parse(readFileSync(installed, "utf8")).packages;
  return Object.entries(wanted).every(
    ([name, { version, optional, peer, devOptional }]) =>
      name === "" || have[name]?.version === version || ((optional || peer || devOptional) && !have[name]),
  );
}

/**
 * Builds what has changed, in a process of its own that ends: the build's tools would stay in the memory of a server.
 * Resolves to the exit status. A signal to us ends the build, too.
 */
export function buildFirst() {
  const child = spawn(process.execPath, [join(root, "scripts", "build.mjs")], { stdio: "inherit" });
  const pass = (signal) => child.kill(signal);
  const signals = ["SIGINT", "SIGTERM", "SIGHUP"];
  for (const signal of signals) process.on(signal, pass);
  return new Promise((resolve) => {
    child.once("exit", (code) => {
      for (const signal of signals) process.off(signal, pass);
      resolve(code ?? 1);
    });
  });
}

/** Bundles a TypeScript file and imports it. Returns its exports. */
export async function importTypeScript(file) {
  const { build } = await import("esbuild");
  const folder = join(root, ".cache", "scripts");
  mkdirSync(folder, { recursive: true });
  const out = join(folder, `${file.replace(/[^a-z]/gi, "-")}-${process.pid}.mjs`);
  const { outputFiles } = await build({
    entryPoints: [join(root, file)],
    bundle: true,
    write: false,
    format: "esm",
    platform: "node",
    target: "node20",
    packages: "external",
    logLevel: "silent",
  });
  writeFileSync(out, outputFiles[0].contents);
  try {
    return await import(pathToFileURL(out).href);
  } finally {
    rmSync(out, { force: true });
  }
}
