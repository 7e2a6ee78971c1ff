/**
 * What npm runs once the package is installed. Where SQLite had to be compiled, the compiler leaves 15 MB that nothing reads:
 * they go. In a clone, and where somebody else's package brought better-sqlite3, nothing is touched.
 */
import { existsSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";

const home = join(import.meta.dirname, "..");
const made = join(home, "node_modules", "better-sqlite3", "build", "Release");

if (!existsSync(join(home, "build")) && existsSync(join(made, "better_sqlite3.node")))
  for (const name of readdirSync(made))
    if (name !== "better_sqlite3.node") rmSync(join(made, name), { recursive: true, force: true });
