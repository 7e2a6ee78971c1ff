/**
 * The migrations folder as data: `NNNN-name.sql`, ascending without gaps, each split into its statements.
 * Node programs and tests load it here; components import it as `ledge:migrations`, filled in at build time.
 */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Migration } from "../lib/store/sqlite/migrate.ts";
import { splitSql } from "../lib/store/sqlite/sql-text.ts";

/** Reads every migration of a folder. Throws on a name out of form, a gap or an empty file. */
export function loadMigrations(folder: string): Migration[] {
  const files = readdirSync(folder).filter((file) => file.endsWith(".sql"));
  return files.sort().map((file, index) => {
    const parts = /^(\d{4})-([a-z0-9-]+)\.sql$/.exec(file);
    if (parts === null) throw new Error(`${file}: a migration is named NNNN-words.sql`);
    const version = Number(parts[1]);
    if (version !== index + 1) throw new Error(`${file}: migration ${index + 1} is missing`);
    const statements = splitSql(readFileSync(join(folder, file), "utf8"));
    if (statements.length === 0) throw new Error(`${file}: there is no statement in it`);
    return { version, name: parts[2] ?? "", statements };
  });
}
