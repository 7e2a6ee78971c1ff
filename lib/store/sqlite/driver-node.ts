/**
 * The driver for better-sqlite3: programs and tests that open a store file from Node.
 * Promise: rollback journal and synchronous EXTRA, or WAL and FULL (durability.ts says why), set and read back before
 * the first statement; integers bound as integers and returned as safe numbers or refused; every failure is a
 * `StoreFault`. Refuses to know tables, pragmas of agents, or Wasm.
 */
import Database from "better-sqlite3";
import { type Db, type SqlRow, type SqlValue, StoreFault } from "./driver.ts";
import { EXTRA, FULL, isWalSafe } from "./durability.ts";
import { NoBinding, withBinding } from "./no-binding.ts";
import { type BoundValue, toBound, toSafeNumber } from "./node-values.ts";
import { type ParameterPlan, parameterPlan } from "./sql-text.ts";

export interface NodeDbOptions {
  /** Opens without writing; the journal mode is then left as it is found. */
  readonly readonly?: boolean;
  /** Keeps the file in WAL, for whoever owns it and sees to its checkpoints. Throws on a SQLite with the WAL-reset bug. */
  readonly wal?: boolean;
  /** Refuses to create the file. */
  readonly mustExist?: boolean;
  /** How long a statement waits for another connection's lock. Spin's is 5000. */
  readonly busyTimeoutMs?: number;
  /** Another build of better-sqlite3, so that the store's contract can be held on Spin's SQLite too. */
  readonly binding?: typeof Database;
}

export interface NodeDb extends Db {
  close(): void;
  /**
   * The one value of the first row, by texts alone for bare `?`, as better-sqlite3 gives it: of a single value `all` takes a
   * third more for parameters and rows of every kind. Undefined when there is no row. Throws StoreFault.
   */
  textBy(sql: string, ...texts: readonly string[]): string | null | undefined;
  /** Whether a transaction stands: an error may have rolled it back. */
  inTransaction(): boolean;
  /** better-sqlite3's own handle, for what only Node can do (backup, serialize, interrupting nothing). */
  readonly raw: Database.Database;
}

type Raw = null | bigint | number | string | Buffer;

interface Prepared {
  readonly statement: Database.Statement<(BoundValue | Record<string, BoundValue>)[], Raw[]>;
  readonly plan: ParameterPlan;
}

type PluckedStatement = Database.Statement<string[], string | null>;

const STATEMENTS_MAX = 256;

/**
 * Opens a store file with the journal and durability that a store must have (design, section 4); or a copy in memory of
 * one, by its bytes. Throws StoreFault when the file cannot be opened or does not take the settings.
 */
export function openNodeDb(file: string | Buffer, options: NodeDbOptions = {}): NodeDb {
  const raw = faulting(() =>
    withBinding(
      () =>
        new (options.binding ?? Database)(file, {
          readonly: options.readonly ?? false,
          fileMustExist: options.mustExist ?? false,
          timeout: options.busyTimeoutMs ?? 5000,
        }),
    ),
  );
  try {
    faulting(() => makeDurable(raw, options));
  } catch (error) {
    raw.close();
    throw error;
  }
  const statements = new Map<string, Prepared>();
  const plucked = new Map<string, PluckedStatement>();
  return {
    raw,
    close: () => raw.close(),
    inTransaction: () => raw.inTransaction,
    textBy(sql, ...texts) {
      try {
        return pluckedOf(raw, plucked, sql).get(...texts);
      } catch (cause) {
        throw faultOf(cause);
      }
    },
    all(sql, params = []) {
      const bound = params.map(toBound);
      return faulting(() => {
        const { statement, plan } = prepared(raw, statements, sql);
        const values = boundValues(plan, bound);
        if (statement.reader) return statement.all(...values).map(rowFromRaw);
        statement.run(...values);
        return [];
      });
    },
  };
}

/** Sets and reads back; a pragma that did not take is silent in SQLite, so only the second look counts. */
function makeDurable(raw: Database.Database, { readonly = false, wal = false }: NodeDbOptions): void {
  if (!readonly) {
    const wanted = wal ? "wal" : "delete";
    const journal = String(raw.pragma(`journal_mode = ${wanted}`, { simple: true }));
    if (journal !== wanted && journal !== "memory") throw new StoreFault(`journal_mode stayed ${journal}`);
    const version = String(raw.prepare("select sqlite_version()").pluck().get());
    if (wal && !isWalSafe(version)) throw new StoreFault(`SQLite ${version} can lose commits in WAL`);
  }
  // In WAL nothing has to be unlinked after a commit, so FULL is all that there is.
  const wanted = wal ? FULL : EXTRA;
  raw.pragma(`synchronous = ${wanted}`);
  const synchronous = Number(raw.pragma("synchronous", { simple: true }));
  if (synchronous !== wanted) throw new StoreFault(`synchronous stayed ${synchronous}`);
  raw.pragma("foreign_keys = on");
}

function prepared(raw: Database.Database, statements: Map<string, Prepared>, sql: string): Prepared {
  const known = statements.get(sql);
  if (known !== undefined) return known;
  const statement = raw.prepare<(BoundValue | Record<string, BoundValue>)[], Raw[]>(sql).safeIntegers(true);
  if (statement.reader) statement.raw(true);
  if (statements.size >= STATEMENTS_MAX) statements.clear();
  const made = { statement, plan: parameterPlan(sql) };
  statements.set(sql, made);
  return made;
}

/** Of the few that ask so. */
function pluckedOf(raw: Database.Database, plucked: Map<string, PluckedStatement>, sql: string) {
  const known = plucked.get(sql);
  if (known !== undefined) return known;
  const statement: PluckedStatement = raw.prepare<string[], string | null>(sql).pluck(true);
  plucked.set(sql, statement);
  return statement;
}

/** Parameters are positional by their number, as on Spin; better-sqlite3 wants `?1` and `:a` in an object. */
function boundValues(
  plan: ParameterPlan,
  bound: readonly BoundValue[],
): (BoundValue | Record<string, BoundValue>)[] {
  if (bound.length !== plan.count) {
    throw new StoreFault(
      `Wrong number of parameters passed to query. Got ${bound.length}, needed ${plan.count}`,
    );
  }
  if (plan.named.length === 0) return [...bound];
  const named: Record<string, BoundValue> = {};
  for (const [name, number] of plan.named) named[name] = bound[number - 1] ?? null;
  return [...plan.positional.map((number) => bound[number - 1] ?? null), named];
}

function rowFromRaw(row: Raw[]): SqlRow {
  return row.map(valueFromRaw);
}

function valueFromRaw(value: Raw): SqlValue {
  if (typeof value === "bigint") return toSafeNumber(value);
  if (value instanceof Uint8Array) return new Uint8Array(value.buffer, value.byteOffset, value.byteLength);
  return value;
}

/** A bug in the caller (TypeError) stays one; whatever SQLite or better-sqlite3 says becomes a StoreFault. */
function faulting<T>(work: () => T): T {
  try {
    return work();
  } catch (cause) {
    throw faultOf(cause);
  }
}

function faultOf(cause: unknown): unknown {
  if (cause instanceof StoreFault || cause instanceof NoBinding) return cause;
  return new StoreFault(cause instanceof Error ? cause.message : String(cause), { cause });
}
