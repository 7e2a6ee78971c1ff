/** `npm start`, once everything is built. */
import { start } from "./start.ts";

process.exitCode = await start(process.argv.slice(2), { name: "npm start --", engine: "wasm" });
