/** `npm start`, once everything is built. */
import { START } from "./options.ts";
import { start } from "./start.ts";

process.exitCode = await start(process.argv.slice(2), START);
