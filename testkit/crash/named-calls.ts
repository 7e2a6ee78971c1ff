/**
 * Every statement and every request by a name, with a hook before and after each: where a process can be ended
 * or stopped by name, without a macro in the code that is tested.
 */
import type { Bucket } from "../../lib/bucket/bucket.ts";
import type { Db, SqlValue } from "../../lib/store/sqlite/driver.ts";

export const SIDES = ["before", "after"] as const;
export type Side = (typeof SIDES)[number];
export type Hook = (name: string, side: Side) => void;

/**
 * A store whose statements are named by their first words, and by whose row it is in `operation`. A read changes
 * nothing, and has no name.
 */
export function namedDb(db: Db, hook: Hook): Db {
  return {
    all(sql, params) {
      const name = statementName(sql, params);
      if (name === undefined) return db.all(sql, params);
      hook(name, "before");
      const rows = db.all(sql, params);
      hook(name, "after");
      return rows;
    },
  };
}

/** A bucket whose requests are named by what they do and the folder of the object. */
export function namedBucket(bucket: Bucket, hook: Hook): Bucket {
  const named = async <T>(name: string, work: () => Promise<T>): Promise<T> => {
    hook(name, "before");
    const result = await work();
    hook(name, "after");
    return result;
  };
  return {
    put: (name, bytes) => named(`PUT ${folderOf(name)}`, () => bucket.put(name, bytes)),
    get: (name, maxBytes) => named(`GET ${folderOf(name)}`, () => bucket.get(name, maxBytes)),
    list: (prefix) => named(`LIST ${folderOf(prefix)}`, () => bucket.list(prefix)),
    remove: (name) => named(`DELETE ${folderOf(name)}`, () => bucket.remove(name)),
    folders: () => named("LIST folders", () => bucket.folders()),
  };
}

/** `begin immediate`, `insert backup_run`, `update operation lease`. */
function statementName(sql: string, params: readonly SqlValue[] = []): string | undefined {
  const text = sql.trim().toLowerCase().replace(/\s+/g, " ");
  if (text.startsWith("select") || text.startsWith("with")) return undefined;
  const operation = /^(insert|update|delete)(?: or \w+)? (?:into |from )?operation\b/.exec(text);
  if (operation !== null) return `${operation[1]} operation ${rowNameOf(text, params)}`;
  const update = /^update (?:or \w+ )?(\w+)(?: as \w+)? set (\w+)/.exec(text);
  if (update !== null) return `update ${update[1]} ${update[2]}`;
  const other = /^(insert|delete)(?: or \w+)? (?:into|from) (\w+)/.exec(text);
  return other === null ? text.replace(/=.*$/, "") : `${other[1]} ${other[2]}`;
}

/** A row that the text names, or the first parameter; `seen` and `purge` are many. */
function rowNameOf(text: string, params: readonly SqlValue[]): string {
  const named = /\bname(?:=| in \()'([a-z-]+)'/.exec(text)?.[1];
  return named ?? String(params[0] ?? "").split("/")[0] ?? "";
}

/** `LINEAGE/segments/…` is `segments`; heads and claims lie under no lineage. */
function folderOf(name: string): string {
  const [first = "", second = ""] = name.split("/");
  return /^[0-9a-f]{32}$/.test(first) ? second : first;
}
