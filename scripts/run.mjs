/** `node scripts/run.mjs NAME [ARGS]`: builds what has changed and runs dist/programs/NAME.mjs. */
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { buildFirst, root } from "./ensure.mjs";

const [name, ...args] = process.argv.slice(2);
const built = await buildFirst();
if (built !== 0) process.exit(built);
process.argv.splice(2, process.argv.length, ...args);
await import(pathToFileURL(join(root, "dist", "programs", `${name}.mjs`)).href);
