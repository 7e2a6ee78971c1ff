/**
 * Makes sure that the packages are there before anything imports one, and runs a TypeScript program of this
 * project by bundling it first (Node 20 does not run TypeScript). Plain JavaScript: it is what runs first.
 */
import { spawn, spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

export const root = fileURLToPath(new URL("..", import.meta.url));

const NPM = process.platform === "win32" ? "npm.cmd" : "npm";
const OURS = { cwd: root, stdio: "inherit" };

/** Installs what is missing, also what this machine has to compile. */
export async function ensurePackages() {
  installPackages();
  if ((await compilePackages()) !== 0) process.exit(1);
}

/**
 * Installs the locked packages when they are missing or older than the lock file's content, but for what this machine
 * has to compile: the build does not need it, and runs beside `compilePackages`.
 */
export function installPackages() {
  const lock = join(root, "package-lock.json");
  const installed = join(root, "node_modules", ".package-lock.json");
  if (existsSync(installed) && sameVersions(lock, installed)) return;
  console.log("Installing packages (npm ci) …");
  const { status } = spawnSync(NPM, ["ci", "--ignore-scripts", "--no-audit", "--no-fund"], OURS);
  if (status !== 0) {
    console.error("npm ci failed: see above.");
    process.exit(1);
  }
}

/** SQLite for this machine: fetched ready-made, else compiled, which takes a minute. Resolves to the exit status. */
export async function compilePackages() {
  if (isCompiled()) return 0;
  console.log("Fetching or compiling better-sqlite3 …");
  // Of all packages only this one has something to make on this machine. A run that was cut before goes on here.
  const status = await new Promise((resolve) =>
    spawn(NPM, ["rebuild", "better-sqlite3"], OURS).once("exit", resolve).once("error", resolve),
  );
  if (status === 0) return 0;
  console.error(
    "better-sqlite3 is missing: it could be neither fetched ready-made nor compiled. Compiling needs Python, make and a C++ compiler.",
  );
  return 1;
}

function isCompiled() {
  return existsSync(join(root, "node_modules", "better-sqlite3", "build", "Release", "better_sqlite3.node"));
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
