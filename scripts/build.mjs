/** `npm run build [NAME …]`: see build/main.ts. A checkout that cannot be written is used as it was built. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { compilePackages, importTypeScript, installPackages, root } from "./ensure.mjs";

const REFUSED = ["EACCES", "EPERM", "EROFS"];

installPackages();
const compiled = compilePackages();
try {
  const { main } = await importTypeScript("build/main.ts");
  const built = await main(root, process.argv.slice(2));
  process.exitCode = built || (await compiled);
} catch (error) {
  if (!REFUSED.includes(error.code)) throw error;
  const built = existsSync(join(root, "dist", "programs", "start.mjs"));
  if (!built)
    console.error(`${root} cannot be written, and nothing is built in it. Its owner runs: npm run build`);
  process.exitCode = built ? 0 : 1;
}
