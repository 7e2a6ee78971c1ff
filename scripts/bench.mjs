/** `npm run bench`: builds what has changed and measures (bench/main.ts). */
import { buildFirst, importTypeScript, root } from "./ensure.mjs";

const built = await buildFirst();
if (built !== 0) process.exit(built);
const bench = await importTypeScript("bench/main.ts");
process.exitCode = await bench.main(root, process.argv.slice(2));
process.exit();
