/** `node scripts/make-fixtures.mjs NAME`: makes test/fixtures/NAME with the code of a checkout (docs/fixtures.md). */
import { ensurePackages, importTypeScript, root } from "./ensure.mjs";

await ensurePackages();
const { main } = await importTypeScript("testkit/formats/make/main.ts");
process.exitCode = await main(root, process.argv.slice(2));
