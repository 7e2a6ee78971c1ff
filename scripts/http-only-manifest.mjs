/** `npm run manifest:http`: writes spin.http.toml, which is spin.toml without cron. See build/http-only.ts. */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { ensurePackages, importTypeScript, root } from "./ensure.mjs";

await ensurePackages();
const { withoutCron } = await importTypeScript("build/http-only.ts");
writeFileSync(join(root, "spin.http.toml"), withoutCron(readFileSync(join(root, "spin.toml"), "utf8")));
process.stderr.write("spin.http.toml is written: spin.toml without the schedule\n");
