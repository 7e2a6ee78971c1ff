/**
 * Whether anything was committed to the store. Promise: what is kept of it in memory is given up before anybody can know of
 * a commit of this process, and a few milliseconds after one of another.
 *
 * The threads of this engine count their commits before anybody hears of them (`counted`). A commit of another process is
 * found by SQLite's own counter, which is looked at again after a few milliseconds.
 */
import { isReserved } from "../../lib/core/namespace.ts";
import {
  endEntriesSql,
  insertChangeSql,
  insertChangesSql,
  insertCommitSql,
  moveHeadSql,
  putEntriesSql,
  putUsageSql,
} from "../../lib/store/commit/commit.sql.ts";
import { forgetSql, nextTurnSql, putBeaconsSql } from "../../lib/store/fleet/beacons.sql.ts";
import type { Db, SqlValue } from "../../lib/store/sqlite/driver.ts";
import type { NodeDb } from "../../lib/store/sqlite/driver-node.ts";

const LOOK_MS = 5;

/** Counts what was committed by this process: shared memory of all threads. */
export type Commits = Int32Array<SharedArrayBuffer>;
/** Its places: of every commit; and of those that changed more than documents of namespaces that are not reserved. */
const COUNTED = { every: 0, rules: 1 } as const;

export function noCommits(): Commits {
  return new Int32Array(new SharedArrayBuffer(8));
}

/** A connection that counts its commits, those among them that failed: nobody knows what became of them. */
export function counted(db: NodeDb, commits: Commits): NodeDb {
  let [every, rules] = [false, false];
  return {
    ...db,
    all(sql, params = []) {
      if (/^\s*(select|begin|savepoint|pragma)\b/i.test(sql)) return db.all(sql, params);
      const isOfFleet = OF_FLEET.has(sql);
      every ||= !isOfFleet && !ENDS.has(sql);
      rules ||= !isOfFleet && !isOfDocuments(sql, params);
      try {
        return db.all(sql, params);
      } finally {
        // Before the end of a transaction nobody sees what it did.
        if (!db.inTransaction()) {
          if (every) Atomics.add(commits, COUNTED.every, 1);
          if (rules) Atomics.add(commits, COUNTED.rules, 1);
          [every, rules] = [false, false];
        }
      }
    },
  };
}

/** What edges say of themselves changes nothing that is kept: a fleet that reports would empty it many times a second. */
const OF_FLEET: ReadonlySet<string> = new Set([putBeaconsSql, nextTurnSql, forgetSql]);
const ENDS: ReadonlySet<string> = new Set(["rollback to member", "release member", "rollback", "commit"]);

/** What a commit of documents runs, and no more. */
const OF_DOCUMENTS: ReadonlySet<string> = new Set([
  insertCommitSql,
  putEntriesSql,
  endEntriesSql,
  putUsageSql,
  moveHeadSql,
  ...ENDS,
]);

function isOfDocuments(sql: string, [first]: readonly SqlValue[]): boolean {
  if (sql === insertChangeSql) return !isReserved(String(first));
  return sql === insertChangesSql ? !/"_(system|auth)"/.test(String(first)) : OF_DOCUMENTS.has(sql);
}

export class StoreWatch {
  readonly #db: Db;
  readonly #commits: Commits;
  readonly #place: number;
  readonly #givingUp: (() => void)[] = [];
  #at: number;
  #version: unknown;
  #lookedMs = performance.now();

  /** Of every commit, or of those that may have changed the store's rules. */
  constructor(db: Db, commits: Commits, what: keyof typeof COUNTED = "every") {
    this.#db = db;
    this.#commits = commits;
    this.#place = COUNTED[what];
    this.#at = Atomics.load(commits, this.#place);
    this.#version = this.#versionOf();
  }

  /** `giveUp` empties what is kept: it runs when somebody has committed. */
  add(giveUp: () => void): void {
    this.#givingUp.push(giveUp);
  }

  /** Before anything that is kept is used, and before anything is read to be kept. */
  look(): void {
    const now = Atomics.load(this.#commits, this.#place);
    const known = now === this.#at;
    if (known && performance.now() - this.#lookedMs < LOOK_MS) return;
    const other = this.#versionOf();
    if (!known || other !== this.#version) for (const giveUp of this.#givingUp) giveUp();
    this.#at = now;
    this.#version = other;
    this.#lookedMs = performance.now();
  }

  #versionOf(): unknown {
    return this.#db.all("pragma data_version")[0]?.[0];
  }
}
