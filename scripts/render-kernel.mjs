// Writes migrations/0005-kernel.sql from lib/store/kernel. Run it after changing a check, before the release
// that freezes the migration; a test fails while the two differ.
import { writeFileSync } from "node:fs";
import { build } from "esbuild";

const bundled = await build({
  entryPoints: ["lib/store/commit/kernel/trigger.ts"],
  bundle: true,
  format: "esm",
  platform: "node",
  write: false,
});
const { renderKernel } = await import(
  `data:text/javascript;base64,${Buffer.from(bundled.outputFiles[0].contents).toString("base64")}`
);
writeFileSync("migrations/0005-kernel.sql", renderKernel());
