/** `npm start`: installs what is missing, builds what has changed, and starts Ledge (programs/start). */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { buildFirst, ensurePackages, importTypeScript, root } from "./ensure.mjs";

const program = join(root, "dist", "programs", "start.mjs");
const args = process.argv.slice(2);
if (args.includes("--help") || args.includes("-h")) await help();
else {
  const parent = process.ppid;
  const built = await buildFirst();
  // npm was killed meanwhile.
  if (built !== 0 || process.ppid !== parent) process.exit(built || 1);
  await import(pathToFileURL(program).href);
}

/** Help waits for no build: what is built says it, else the source does. */
async function help() {
  if (existsSync(program)) return import(pathToFileURL(program).href);
  await ensurePackages();
  const { START, parseStartOptions } = await importTypeScript("programs/start/options.ts");
  try {
    parseStartOptions(args, process.env, START);
  } catch (error) {
    process.exitCode = error.exitCode ?? 1;
  }
}
