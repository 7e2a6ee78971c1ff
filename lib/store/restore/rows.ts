/**
 * Filling an empty store from a snapshot. Promise: rows end up as they were where the snapshot was made, the
 * entries folded from the changes by the rules of a commit (a put of a present document is its next version, of
 * an absent one the first). The caller holds the transaction.
 */

import type { CommitFacts } from "../../core/history.ts";
import type { NewEpoch } from "../catalogue/epoch.ts";
import { insertLineageSql } from "../commit/commit.sql.ts";
import { countWrongDocuments } from "../documents/scrub.ts";
import { type Db, type SqlRow, type SqlValue, StoreFault } from "../sqlite/driver.ts";
import { firstOf, onlyOf } from "../sqlite/statement.ts";
import {
  closeSql,
  countsSql,
  dropCommitsAfterSql,
  dropEntriesAfterSql,
  dropUsageSql,
  emptyAllSql,
  emptySql,
  firstLineageSql,
  markUsageSql,
  newestCommitSql,
  ownCommitSql,
  setStoreSql,
} from "./rows.sql.ts";

export interface RestoredChange {
  readonly namespace: string;
  readonly key: string;
  readonly revision: number;
  readonly op: string;
  readonly mediaType: string | null;
  readonly text: boolean;
  readonly value: Uint8Array | null;
}

export interface RestoredAge {
  readonly created: number;
  readonly version: number;
}

export interface RestoredLineage {
  readonly epoch: number;
  readonly lineage: string;
  readonly firstRevision: number;
  readonly parent: string | null;
  readonly parentRevision: number | null;
}

/** Adds rows in batches, commits before the changes that refer to them; call `flush` before reading. */
export interface RowWriter {
  commit(commit: CommitFacts): void;
  /** A change; with its age where it is the document at a base's revision, which then becomes the entry. */
  change(change: RestoredChange, age?: RestoredAge): void;
  flush(): void;
}

/** Whether nothing has ever been committed here, and nothing restored. */
export function isEmptyStore(db: Db): boolean {
  return firstOf(db, emptySql)?.empty === 1;
}

/** Whether nothing was committed after a restore but what the restore did itself. */
export function isAsRestored(db: Db, revision: number): boolean {
  return firstOf(db, ownCommitSql, [revision]) === undefined;
}

/** An empty store becomes one that is being restored: nobody reads it, and no commit is taken. */
export function closeForRestore(db: Db): void {
  for (const sql of closeSql) db.all(sql);
}

/** Gives up what an unfinished restore has brought; the store is a new and empty one. */
export function abandonRestored(db: Db, lineage: string): void {
  for (const sql of emptyAllSql) db.all(sql);
  db.all(firstLineageSql, [lineage]);
  db.all(setStoreSql, [lineage, 0, 1, 0, null, null, null]);
}

export function rowWriter(db: Db): RowWriter {
  const commits = batch(
    db,
    "insert into commits (revision,id,time_ms,actor,author,request_id,message,meta,trace,changes,rest) values",
    11,
  );
  const changes = batch(
    db,
    "insert into change (namespace,key,revision,op,media_type,text,value) values",
    7,
    () => commits.flush(),
  );
  const entries = batch(
    db,
    "insert into entry (namespace,key,revision,created_revision,version,media_type,text,size,value) values",
    9,
  );
  return {
    commit: (c) =>
      commits.add([
        c.revision,
        c.id,
        c.time,
        c.actor,
        c.author,
        c.requestId,
        c.message,
        c.meta,
        c.trace,
        c.count,
        c.rest,
      ]),
    change(c, age) {
      const text = c.text ? 1 : 0;
      changes.add([c.namespace, c.key, c.revision, c.op, c.mediaType, text, c.value]);
      if (age === undefined || c.value === null) return;
      const { created, version } = age;
      entries.add([
        c.namespace,
        c.key,
        c.revision,
        created,
        version,
        c.mediaType,
        text,
        c.value.length,
        c.value,
      ]);
    },
    flush() {
      commits.flush();
      changes.flush();
      entries.flush();
    },
  };
}

const BATCH_ROWS = 50;

/** Many rows a statement: a call costs more than a row. The rest goes one by one, so two texts are prepared. */
function batch(
  db: Db,
  head: string,
  width: number,
  before: () => void = () => {},
): { add(row: readonly SqlValue[]): void; flush(): void } {
  const one = `(${Array.from({ length: width }, () => "?").join(",")})`;
  const many = `${head} ${Array.from({ length: BATCH_ROWS }, () => one).join(",")}`;
  const single = `${head} ${one}`;
  let rows: (readonly SqlValue[])[] = [];
  return {
    add(row) {
      rows.push(row);
      if (rows.length < BATCH_ROWS) return;
      before();
      db.all(many, rows.flat());
      rows = [];
    },
    flush() {
      if (rows.length > 0) before();
      for (const row of rows) db.all(single, row);
      rows = [];
    },
  };
}

/** Folds the changes after `after` into the entries, which are those at `after`. */
export function foldEntries(db: Db, after: number): void {
  const touched = `select namespace, key, max(revision) as last, coalesce(max(case when op<>'put' then revision end),0) as gone
    from change ${after === 0 ? "" : "where revision>?1"} group by namespace, key`;
  const since = "x.namespace=t.namespace and x.key=t.key and x.op='put' and x.revision>max(t.gone,?1)";
  db.all(
    `insert into entry (namespace,key,revision,created_revision,version,media_type,text,size,value)
     select t.namespace, t.key, c.revision,
       coalesce(e.created_revision, (select min(x.revision) from change x where ${since})),
       coalesce(e.version,0) + (select count(*) from change x where ${since}),
       c.media_type, c.text, length(c.value), c.value
     from (${touched}) t cross join change c on c.namespace=t.namespace and c.key=t.key and c.revision=t.last
       left join entry e on e.namespace=t.namespace and e.key=t.key and t.gone=0
     where c.op='put'
     on conflict (namespace, key) do update set revision=excluded.revision, created_revision=excluded.created_revision,
       version=excluded.version, media_type=excluded.media_type, text=excluded.text, size=excluded.size, value=excluded.value`,
    [after],
  );
  db.all(
    `delete from entry where rowid in (select e.rowid from change c indexed by change_by_revision
      join entry e on e.namespace=c.namespace and e.key=c.key and e.revision<c.revision
      where c.revision>?1 and c.op<>'put')`,
    [after],
  );
}

/**
 * Takes the history after a revision away again. A document whose present life began at or before it keeps its
 * age; of one that has died since, the age is counted from the history that is still kept.
 */
export function rewindTo(db: Db, revision: number): void {
  const life = "x.namespace=t.namespace and x.key=t.key and x.op='put'";
  const past = `${life} and x.revision<=?1 and x.revision>t.gone`;
  db.all(
    `insert or replace into entry (namespace,key,revision,created_revision,version,media_type,text,size,value)
     select t.namespace, t.key, c.revision,
       iif(e.created_revision<=?1, e.created_revision, (select min(x.revision) from change x where ${past})),
       iif(e.created_revision<=?1, e.version-(select count(*) from change x where ${life} and x.revision>?1),
         (select count(*) from change x where ${past})),
       c.media_type, c.text, length(c.value), c.value
     from (select k.namespace, k.key,
         (select max(m.revision) from change m where m.namespace=k.namespace and m.key=k.key and m.revision<=?1) as last,
         coalesce((select max(g.revision) from change g where g.namespace=k.namespace and g.key=k.key and g.op<>'put'
           and g.revision<=?1),0) as gone
       from (select distinct namespace, key from change indexed by change_by_revision where revision>?1) k) t
     cross join change c on c.namespace=t.namespace and c.key=t.key and c.revision=t.last
     left join entry e on e.namespace=t.namespace and e.key=t.key
     where c.op='put'`,
    [revision],
  );
  db.all(dropEntriesAfterSql, [revision]);
  db.all(
    "delete from change where rowid in (select rowid from change indexed by change_by_revision where revision>?1)",
    [revision],
  );
  db.all(dropCommitsAfterSql, [revision]);
}

/** Counts each namespace again; those that are empty now but were written to keep their row. */
export function rebuildUsage(db: Db, compacted: readonly { namespace: string; compacted: number }[]): void {
  db.all(dropUsageSql);
  for (const { namespace, compacted: mark } of compacted) {
    db.all(markUsageSql, [namespace, mark]);
  }
  db.all("insert or ignore into usage (namespace, keys, bytes) select distinct namespace, 0, 0 from change");
  db.all(
    `update usage set keys=e.keys, bytes=e.bytes from
      (select namespace, count(*) as keys, sum(size) as bytes from entry group by namespace) e
     where e.namespace=usage.namespace`,
  );
}

export function insertLineages(db: Db, lineages: readonly RestoredLineage[]): void {
  for (const one of lineages) {
    db.all(insertLineageSql, [one.epoch, one.lineage, one.firstRevision, one.parent, one.parentRevision]);
  }
}

/**
 * The store's own row: which history this is, how far, and what its first commit will open; nothing where the
 * history simply goes on. From here on the store is open.
 */
export function setRestoredStore(
  db: Db,
  own: RestoredLineage,
  revision: number,
  pending: NewEpoch | null,
): void {
  db.all(setStoreSql, [
    own.lineage,
    own.epoch,
    own.firstRevision,
    revision,
    pending?.lineage ?? null,
    pending?.epoch ?? null,
    pending?.firstRevision ?? null,
  ]);
}

/** The id of the newest commit, and its revision. */
export function findNewestCommit(db: Db): { revision: number; id: string } | undefined {
  return firstOf(db, newestCommitSql);
}

/** What is wrong with the rows as a whole; empty when nothing is. */
export function listStoreFaults(db: Db): string[] {
  const faults: string[] = [];
  const integrity = pragma(db, "integrity_check")?.[0]?.[0] ?? "ok";
  if (integrity !== "ok") faults.push(`integrity_check says ${integrity}`);
  if ((pragma(db, "foreign_key_check") ?? []).length > 0)
    faults.push("foreign_key_check finds rows without a parent");
  if (countWrongDocuments(db) !== 0) faults.push("documents differ from their newest change");
  return faults;
}

/** A server may keep its pragmas to itself; then its storage is its own to check. */
function pragma(db: Db, name: string): SqlRow[] | undefined {
  try {
    return db.all(`pragma ${name}`);
  } catch (error) {
    if (error instanceof StoreFault && /not authorized|unsupported|not allowed/i.test(error.text))
      return undefined;
    throw error;
  }
}

/** How many rows of each kind there are. */
export function countRows(db: Db): { commits: number; changes: number; documents: number } {
  return onlyOf(db, countsSql);
}
