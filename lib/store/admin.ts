/** Administration's reads as records. Knows documents of reserved namespaces, not who may see them. */
import type { TokenDocument } from "../core/token.ts";
import { factsSql, namespaceSql, namespacesSql, tokenSql, tokensSql, usageSql } from "./admin.sql.ts";
import type { Db, SqlRow } from "./driver.ts";

export interface NamespaceRecord {
  readonly name: string;
  readonly settings: Record<string, unknown>;
  readonly revision: number;
  readonly lineage: string;
  readonly keys: number;
  readonly bytes: number;
}

export interface TokenRecord {
  readonly accessor: string;
  readonly document: TokenDocument;
  readonly revision: number;
  readonly lineage: string;
}

export interface Facts {
  readonly lineage: string;
  readonly epoch: number;
  readonly head: number;
  readonly state: string;
  readonly format: number;
  readonly mode: "open" | "read_only";
  readonly newestMs: number | null;
  readonly sqlite: string;
  readonly fileBytes: number;
  readonly keys: number;
  readonly valueBytes: number;
  readonly liveTokens: number;
}

/** Up to `limit` namespaces behind a name. Throws StoreFault. */
export function listNamespaceRecords(db: Db, after: string, limit: number): NamespaceRecord[] {
  return db.all(namespacesSql, [after, limit]).map(namespaceFromRow);
}

export function findNamespace(db: Db, name: string): NamespaceRecord | undefined {
  return db.all(namespaceSql, [name]).map(namespaceFromRow)[0];
}

/** Up to `limit` tokens behind an accessor, revoked ones too. Throws StoreFault. */
export function listTokenRecords(db: Db, after: string, limit: number): TokenRecord[] {
  return db.all(tokensSql, [after, limit]).map(tokenFromRow);
}

export function findToken(db: Db, accessor: string): TokenRecord | undefined {
  return db.all(tokenSql, [accessor]).map(tokenFromRow)[0];
}

export function readFacts(db: Db): Facts {
  const row = db.all(factsSql)[0];
  if (row === undefined) throw new Error("the store has no row of its own");
  const mode: { mode: "open" | "read_only" } =
    row[5] === null ? { mode: "open" } : JSON.parse(String(row[5]));
  return {
    lineage: String(row[0]),
    epoch: Number(row[1]),
    head: Number(row[2]),
    state: String(row[3]),
    format: Number(row[4]),
    mode: mode.mode,
    newestMs: row[6] === null ? null : Number(row[6]),
    sqlite: String(row[7]),
    fileBytes: Number(row[8]) * Number(row[9]),
    keys: Number(row[10]),
    valueBytes: Number(row[11]),
    liveTokens: Number(row[12]),
  };
}

export interface NamespaceUsage {
  readonly namespace: string;
  readonly keys: number;
  readonly bytes: number;
  readonly quotaBytes: number | null;
}

export function readUsage(db: Db): NamespaceUsage[] {
  return db.all(usageSql).map(([namespace, keys, bytes, quota]) => ({
    namespace: String(namespace),
    keys: Number(keys),
    bytes: Number(bytes),
    quotaBytes: typeof quota === "number" ? quota : null,
  }));
}

function namespaceFromRow([name, json, revision, lineage, keys, bytes]: SqlRow): NamespaceRecord {
  const settings: Record<string, unknown> = JSON.parse(String(json));
  return {
    name: String(name),
    settings,
    revision: Number(revision),
    lineage: String(lineage),
    keys: Number(keys),
    bytes: Number(bytes),
  };
}

function tokenFromRow([accessor, json, revision, lineage]: SqlRow): TokenRecord {
  const document: TokenDocument = JSON.parse(String(json));
  return { accessor: String(accessor), document, revision: Number(revision), lineage: String(lineage) };
}
