/** `npm run bench`: builds what has changed and measures (bench/main.ts). */
import { ensurePackages, importTypeScript, root } from "./ensure.mjs";

ensurePackages();
const build = await importTypeScript("build/main.ts");
if ((await build.main(root, [])) !== 0) process.exit(1);
const bench = await importTypeScript("bench/main.ts");
process.exitCode = await bench.main(root, process.argv.slice(2));
process.exit();
