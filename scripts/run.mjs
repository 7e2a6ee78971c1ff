/** `node scripts/run.mjs NAME [ARGS]`: builds what has changed and runs dist/programs/NAME.mjs. */
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { ensurePackages, importTypeScript, root } from "./ensure.mjs";

const [name, ...args] = process.argv.slice(2);
ensurePackages();
const { main } = await importTypeScript("build/main.ts");
if ((await main(root, [])) !== 0) process.exit(1);
process.argv.splice(2, process.argv.length, ...args);
await import(pathToFileURL(join(root, "dist", "programs", `${name}.mjs`)).href);
