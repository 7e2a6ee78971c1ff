/** Reading schemas, and the documents that they are for. */
import type { Db } from "../sqlite/driver.ts";
import { firstOf, rowsOf } from "../sqlite/statement.ts";
import { coveredSql, coveredValueSql, coveringSql, schemaTextsSql } from "./schemas.sql.ts";

export interface Covering {
  /** What the facts of a commit say of the covering schemas; null without any. */
  readonly schemas: string | null;
  /** Of the schema that counts. */
  readonly key: string | null;
}

/** In the order of the places. Throws StoreFault. */
export function coveringSchemas(
  db: Db,
  places: readonly (readonly [namespace: string, key: string])[],
): readonly Covering[] {
  return rowsOf(db, coveringSql, [JSON.stringify(places)]);
}

/** Texts of schemas by their keys. Throws StoreFault. */
export function schemaTexts(db: Db, keys: readonly string[]): ReadonlyMap<string, string> {
  const rows = rowsOf(db, schemaTextsSql, [JSON.stringify(keys)]);
  return new Map(rows.map(({ key, json }) => [key, json]));
}

export interface CoveredDocument {
  readonly key: string;
  readonly mediaType: string;
  readonly size: number;
}

/** Documents that the schema of a scope is for, behind a key, and the head. Throws StoreFault. */
export function coveredDocuments(
  db: Db,
  { namespace, scope, after, limit }: { namespace: string; scope: string; after: string; limit: number },
): { readonly head: number; readonly documents: readonly CoveredDocument[] } {
  const rows = rowsOf(db, coveredSql, [namespace, scope, after, limit]);
  const documents = rows.flatMap(({ key, mediaType, size }) =>
    key === null ? [] : [{ key, mediaType: mediaType ?? "", size: size ?? 0 }],
  );
  return { head: rows[0]?.head ?? 0, documents };
}

/** Null where it is no text; undefined where it is gone. Throws StoreFault. */
export function coveredValue(db: Db, namespace: string, key: string): Uint8Array | null | undefined {
  const row = firstOf(db, coveredValueSql, [namespace, key]);
  return row === undefined ? undefined : row.text === 1 ? row.value : null;
}
