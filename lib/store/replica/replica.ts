/**
 * An edge's replica of one namespace: a store that holds it and the documents of `_system` that concern it. Promise: it goes
 * from one state that the origin had to a later one in one transaction; between a snapshot's first page and its end nobody
 * can read it. Knows nothing of where the data comes from.
 */
import { isUtf8 } from "node:buffer";
import { insertLineageSql } from "../commit/commit.sql.ts";
import { closeForRestore, type RestoredLineage } from "../restore/rows.ts";
import type { Db } from "../sqlite/driver.ts";
import type { NodeDb } from "../sqlite/driver-node.ts";
import { firstOf, onlyOf, rowsOf } from "../sqlite/statement.ts";
import { inTransaction } from "../sqlite/transaction.ts";
import {
  ageSql,
  blankSql,
  changesAfterSql,
  commitsKeptSql,
  countUsageSql,
  emptyUsageSql,
  endEntrySql,
  entriesSql,
  entrySql,
  forgetCommitsSql,
  forgetEndsSql,
  forgetIdleCommitsSql,
  forgetKeySql,
  forgetReplacedSql,
  heldSql,
  jsonTextSql,
  keysBelowSql,
  markReplicaSql,
  newestChangeSql,
  noteChangeSql,
  noteCommitSql,
  raiseReplicaMarksSql,
  reachSql,
  replicaPlaceSql,
  setEntrySql,
  setHistorySql,
  setMarkSql,
  valueSql,
} from "./replica.sql.ts";

/** A document as a snapshot brings it. */
export interface ReplicaDocument {
  readonly namespace: string;
  readonly key: string;
  readonly revision: number;
  readonly createdRevision: number;
  readonly version: number;
  readonly mediaType: string;
  readonly modifiedMs: number;
  readonly bytes: Uint8Array;
}

export type ReplicaChange =
  | {
      readonly op: "put";
      readonly namespace: string;
      readonly key: string;
      readonly mediaType: string;
      /** Undefined: replaced since, and not shown. A later change of the key brings what stands there. */
      readonly bytes: Uint8Array | undefined;
    }
  | { readonly op: "delete" | "erase"; readonly namespace: string; readonly key: string };

export interface ReplicaCommit {
  readonly revision: number;
  readonly id: string;
  readonly timeMs: number;
  readonly actor?: string | undefined;
  readonly author?: string | undefined;
  readonly message?: string | undefined;
  readonly changes: readonly ReplicaChange[];
}

export interface ReplicaPlace {
  readonly lineage: string;
  readonly epoch: number;
  readonly revision: number;
}

/** A life of a history with its epoch and its parent, as `GET /v1/lineage` tells it. */
export type ReplicaLife = RestoredLineage;

/** Undefined while a snapshot is on its way. Throws StoreFault. */
export function readReplicaPlace(db: Db): ReplicaPlace | undefined {
  const { state, ...place } = onlyOf(db, replicaPlaceSql);
  return state === "open" && place.revision > 0 ? place : undefined;
}

/** Makes an empty store the beginning of a snapshot of this history. Throws StoreFault. */
export function beginReplica(db: Db, lives: readonly ReplicaLife[]): void {
  inTransaction(db, () => {
    closeForRestore(db);
    setLives(db, lives);
  });
}

/** The history that it is of now has gone on into another life. The caller holds the transaction. */
export function setLives(db: Db, lives: readonly ReplicaLife[]): void {
  const own = lives.at(-1);
  if (own === undefined) throw new Error("a history has a life");
  db.all("delete from lineage");
  for (const { epoch, lineage, firstRevision, parent, parentRevision } of lives)
    db.all(insertLineageSql, [epoch, lineage, firstRevision, parent, parentRevision]);
  db.all(setHistorySql, [own.lineage, own.epoch, own.firstRevision]);
}

/** A page of a snapshot, once or again. The caller holds the transaction. */
export function addDocuments(db: Db, documents: readonly ReplicaDocument[]): void {
  for (const one of documents) {
    db.all(noteCommitSql, [one.revision, `r${one.revision}`, one.modifiedMs, "", null, null, 1]);
    putDocument(db, one);
  }
}

/** From here on it can be read: a state of this revision, and nothing before it. The caller holds the transaction. */
export function openReplica(db: Db, namespaces: readonly string[], revision: number): void {
  for (const namespace of namespaces) db.all(markReplicaSql, [namespace, revision]);
  countUsage(db, revision);
  db.all(reachSql, ["open", revision]);
}

/** What has happened up to a revision, to a replica that is open. The caller holds the transaction. */
export function moveReplica(db: Db, commits: readonly ReplicaCommit[], revision: number): void {
  const ages: Ages = new Map();
  for (const commit of commits) {
    const { timeMs, id, actor = "", author = null, message = null, changes } = commit;
    db.all(noteCommitSql, [commit.revision, id, timeMs, actor, author, message, changes.length]);
    for (const change of changes) applyChange(db, { revision: commit.revision, change, ages });
  }
  countUsage(db, revision);
  db.all(reachSql, ["open", revision]);
}

/** What was done to `_system`, where a channel says which state of the namespace is served. The caller holds the transaction. */
export function moveSettings(db: Db, commits: readonly ReplicaCommit[]): void {
  const { state, revision } = onlyOf(db, replicaPlaceSql);
  moveReplica(db, commits, revision);
  db.all(reachSql, [state, revision]);
}

/** A state that a channel gives: what differs from the one that is here, whether it is newer or older. */
export interface PointedState {
  readonly namespace: string;
  readonly revision: number;
  readonly documents: readonly ReplicaDocument[];
  readonly ended: readonly string[];
}

/** The caller holds the transaction. */
export function pointReplica(db: Db, { namespace, revision, documents, ended }: PointedState): void {
  for (const key of ended) {
    db.all(forgetKeySql, [namespace, key]);
    db.all(endEntrySql, [namespace, key]);
  }
  for (const { key } of documents) db.all(forgetKeySql, [namespace, key]);
  addDocuments(db, documents);
  countUsage(db, revision);
  db.all(setMarkSql, [namespace, revision]);
  db.all(reachSql, ["open", revision]);
  db.all(forgetIdleCommitsSql);
}

/** A document's beginning and version; undefined where there is none. */
type Age = { readonly createdRevision: number; readonly version: number } | undefined;
/** Of those that a value was not shown of: it counts, too. */
type Ages = Map<string, Age>;

function applyChange(
  db: Db,
  {
    revision,
    change,
    ages,
  }: { readonly revision: number; readonly change: ReplicaChange; readonly ages: Ages },
): void {
  const { namespace, key } = change;
  // A snapshot's second part may be newer than its first: what it brought already is not done again.
  if (onlyOf(db, newestChangeSql, [namespace, key]).revision >= revision) return;
  const name = `${namespace}/${key}`;
  if (change.op === "put") {
    const before = ages.has(name) ? ages.get(name) : firstOf(db, ageSql, [namespace, key]);
    const age = { createdRevision: before?.createdRevision ?? revision, version: (before?.version ?? 0) + 1 };
    ages.set(name, age);
    if (change.bytes !== undefined) putDocument(db, { ...change, ...age, bytes: change.bytes, revision });
    return;
  }
  ages.set(name, undefined);
  if (change.op === "erase") db.all(blankSql, [namespace, key]);
  db.all(noteChangeSql, [namespace, key, revision, change.op, null, 0, null]);
  db.all(endEntrySql, [namespace, key]);
}

function putDocument(db: Db, one: Omit<ReplicaDocument, "modifiedMs">): void {
  const { namespace, key, revision, createdRevision, version, mediaType, bytes } = one;
  const text = isUtf8(bytes) ? 1 : 0;
  db.all(noteChangeSql, [namespace, key, revision, "put", mediaType, text, bytes]);
  db.all(setEntrySql, [namespace, key, revision, createdRevision, version, mediaType, text, bytes]);
}

function countUsage(db: Db, mark: number): void {
  db.all(countUsageSql, [mark]);
  db.all(emptyUsageSql);
}

/** How much a namespace holds. */
export function heldIn(db: Db, namespace: string): { readonly keys: number; readonly bytes: number } {
  return firstOf(db, heldSql, [namespace]) ?? { keys: 0, bytes: 0 };
}

/** Keeps the last commits for who follows this replica, what was since a pin, and the newest value of each key. Throws StoreFault. */
export function forgetPast(db: Db, keptCommits: number, oldestPin: () => number): void {
  const { kept, revision, compacted } = onlyOf(db, commitsKeptSql, [keptCommits]);
  if (kept < 2 * keptCommits || revision === null) return;
  const upTo = Math.min(revision, oldestPin());
  if (upTo <= compacted) return;
  inTransaction(db, () => {
    for (const sql of [forgetReplacedSql, forgetEndsSql, raiseReplicaMarksSql, forgetCommitsSql])
      db.all(sql, [upTo]);
  });
}

export interface ReplicaEntry {
  readonly key: string;
  readonly revision: number;
  readonly mediaType: string;
  readonly value: Uint8Array;
}

/** Documents of a namespace behind a key, in the order of keys. */
export function readEntries(
  db: Db,
  namespace: string,
  after: string,
  limit: number,
): readonly ReplicaEntry[] {
  return rowsOf(db, entriesSql, [namespace, after, limit]);
}

/** The keys that begin with a prefix, in order. */
export function readKeysBelow(db: Db, namespace: string, prefix: string): string[] {
  return rowsOf(db, keysBelowSql, [namespace, prefix]).map(({ key }) => key);
}

/** A document with what is said of it; undefined when there is none. */
export function readEntry(
  db: Db,
  namespace: string,
  key: string,
): (ReplicaEntry & { readonly lineage: string | null; readonly timeMs: number | null }) | undefined {
  return firstOf(db, entrySql, [namespace, key]);
}

/** The value alone: one of the two, text where it is known to be text. */
export function readEntryValue(db: Db, namespace: string, key: string) {
  return firstOf(db, valueSql, [namespace, key]);
}

/** The text of a document of `application/json`; null for one of another type, and undefined where there is none. */
export function readJsonText(db: NodeDb, namespace: string, key: string): string | null | undefined {
  return db.textBy(jsonTextSql, namespace, key);
}

/** What was done to a namespace after a revision, in order. */
export function readChangesAfter(db: Db, namespace: string, revision: number) {
  return rowsOf(db, changesAfterSql, [namespace, revision]);
}
