/**
 * Stores to measure backups on: real documents until a size is reached, or many small ones, made by commits of
 * up to 1,000 changes, as `ledge import` makes them.
 */
import { createHash, randomBytes } from "node:crypto";
import { join } from "node:path";
import { loadMigrations } from "../build/migrations.ts";
import { formatToken, newToken } from "../lib/core/token.ts";
import type { Db } from "../lib/store/sqlite/driver.ts";
import { type NodeDb, openNodeDb } from "../lib/store/sqlite/driver-node.ts";
import { migrate } from "../lib/store/sqlite/migrate.ts";
import { readRecords } from "../programs/demo-bcd/records.ts";
import { addNamespace, bootstrap, propose, putReserved, tokenDocument } from "../testkit/proposals.ts";

export interface MadeStore {
  readonly db: NodeDb;
  /** A token that may do everything. */
  readonly token: string;
}

export interface BenchDocument {
  readonly key: string;
  readonly value: string;
}

const COMMIT_CHANGES = 1000;
const COMMIT_BYTES = 1_500_000;

/** A migrated store with a namespace `bench` in a new file. The caller closes it. */
export function makeStore(root: string, dir: string): MadeStore {
  const db = openNodeDb(join(dir, "ledge.db"));
  migrate(db, loadMigrations(join(root, "migrations")));
  bootstrap(db);
  const token = newToken((length) => randomBytes(length));
  const digest = createHash("sha256").update(token.secret).digest("hex");
  const made = putReserved(db, "_auth", `token/${token.accessor}`, tokenDocument({ digest }));
  if (!made.ok) throw new Error(`the token was refused: ${made.code}`);
  addNamespace(db, "bench");
  return { db, token: formatToken(token) };
}

/** Puts the documents, whatever is there, so many a commit. Not synced one by one: what is measured comes after. */
export function putAll(
  db: NodeDb,
  documents: Iterable<BenchDocument>,
  { changes = COMMIT_CHANGES }: { readonly changes?: number } = {},
): void {
  db.raw.pragma("synchronous = off");
  let batch: BenchDocument[] = [];
  let bytes = 0;
  for (const document of documents) {
    batch.push(document);
    bytes += document.value.length;
    if (batch.length < changes && bytes < COMMIT_BYTES) continue;
    commitOf(db, batch);
    batch = [];
    bytes = 0;
  }
  if (batch.length > 0) commitOf(db, batch);
  db.raw.pragma("synchronous = extra");
}

function commitOf(db: Db, documents: readonly BenchDocument[]): void {
  const made = propose(
    db,
    documents.map(({ key, value }) => ({
      op: "put",
      ns: "bench",
      key,
      value,
      type: "application/json",
      if: -1,
    })),
    { nowMs: Date.now() },
  );
  if (!made.ok) throw new Error(`the commit was refused: ${made.code}`);
}

/** Compatibility records of browsers, again and again below other keys, until their values have `megabytes`. */
export function* realDocuments(megabytes: number): Generator<BenchDocument> {
  const { records } = readRecords("@mdn/browser-compat-data");
  let left = megabytes * 1e6;
  for (let round = 0; ; round += 1) {
    for (const [key, value] of records) {
      if (left <= 0) return;
      left -= value.length;
      yield { key: `${round}/${key}`, value };
    }
  }
}

/** Small documents, as settings are; a `life` of its own makes every value another one. */
export function* smallDocuments(count: number, { among = count, life = 0 } = {}): Generator<BenchDocument> {
  for (let nth = 0; nth < count; nth += 1) {
    const number = nth % among;
    const key = `services/${number % 1000}/limits/${number}`;
    yield { key, value: `{"enabled":true,"limit":${nth},"owner":"team-${number % 100}","life":${life}}` };
  }
}
