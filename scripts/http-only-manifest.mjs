/** `node scripts/http-only-manifest.mjs > spin-http.toml`: spin.toml without cron. See build/http-only.ts. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { ensurePackages, importTypeScript, root } from "./ensure.mjs";

ensurePackages();
const { withoutCron } = await importTypeScript("build/http-only.ts");
process.stdout.write(withoutCron(readFileSync(join(root, "spin.toml"), "utf8")));
