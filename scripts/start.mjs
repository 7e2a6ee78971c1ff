/** `npm start`: installs what is missing, builds what has changed, and starts Ledge (programs/start). */
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { buildFirst, root } from "./ensure.mjs";

const parent = process.ppid;
const built = await buildFirst();
// npm was killed meanwhile.
if (built !== 0 || process.ppid !== parent) process.exit(built || 1);
await import(pathToFileURL(join(root, "dist", "programs", "start.mjs")).href);
