/** `npm start`: installs what is missing, builds what has changed, and starts Ledge (programs/start). */
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { buildFirst, root } from "./ensure.mjs";

const built = await buildFirst();
if (built !== 0) process.exit(built);
await import(pathToFileURL(join(root, "dist", "programs", "start.mjs")).href);
