/** `npm start`: installs what is missing, builds what has changed, and starts Ledge (programs/start). */
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { ensurePackages, importTypeScript, root } from "./ensure.mjs";

ensurePackages();
const { main } = await importTypeScript("build/main.ts");
if ((await main(root, [])) !== 0) process.exit(1);
await import(pathToFileURL(join(root, "dist", "programs", "start.mjs")).href);
