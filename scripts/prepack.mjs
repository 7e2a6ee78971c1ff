/**
 * What npm runs before `npm pack`: builds what has changed, and the manifest for hosts without cron, so that the package
 * is whole. package.json's `files` says what goes into it.
 */
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { buildFirst, root } from "./ensure.mjs";

const built = await buildFirst();
if (built !== 0) process.exit(built);
const manifest = spawnSync(process.execPath, [join(root, "scripts", "http-only-manifest.mjs")], {
  stdio: "inherit",
});
process.exitCode = manifest.status ?? 1;
