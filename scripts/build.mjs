/** `npm run build [NAME …]`: see build/main.ts. */
import { ensurePackages, importTypeScript, root } from "./ensure.mjs";

ensurePackages();
const { main } = await importTypeScript("build/main.ts");
process.exitCode = await main(root, process.argv.slice(2));
