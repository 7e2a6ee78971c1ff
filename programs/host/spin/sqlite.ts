/**
 * `spin:sqlite/sqlite@3.0.0` over better-sqlite3, as Spin 4.0.2 behaves (crates/factor-sqlite, sqlite-inproc).
 * Promise: every handle looks freshly opened, though connections are pooled by file; the first statement
 * only, the exact number of parameters, errors as `io` text; a request's end rolls back what it left open.
 */
import Database from "better-sqlite3";
import { firstStatement, type ParameterPlan, parameterPlan } from "../../../lib/store/sqlite/sql-text.ts";
import type { DatabaseAddress } from "./databases.ts";
import { LibsqlHandle, type LibsqlStreams } from "./libsql.ts";
import type { SqliteHandle, WitResult, WitValue } from "./sqlite-handle.ts";
import { type StatementTraits, statementTraits } from "./sqlite-rules.ts";

type Bound = null | bigint | number | string | Uint8Array;
type Raw = null | bigint | number | string | Buffer;

interface Prepared {
  readonly statement: Database.Statement<(Bound | Record<string, Bound>)[], Raw[]>;
  readonly plan: ParameterPlan;
  readonly traits: StatementTraits;
  /** It inserts, updates or deletes: only those move `changes()` and `last_insert_rowid()`. */
  readonly counts: boolean;
  columns: string[];
}

/** Spin holds 256 handles an instance, and buffers 128 MiB a result. */
const HANDLES_MAX = 256;
export const SPIN_RESULT_BYTES_MAX = 128 * 1024 * 1024;
const STATEMENTS_MAX = 128;
const IDLE_MAX = 4;
/** As a connection is opened on Spin. */
const FRESH_SYNCHRONOUS = "synchronous = full";

/** Raised around every call of better-sqlite3, so that nobody ends the thread inside one. */
export interface Guard {
  run<T>(work: () => T): T;
}

/** The idle connections of one thread. */
export class SqlitePool {
  readonly #idle = new Map<string, PooledConnection[]>();
  readonly #guard: Guard;
  constructor(guard: Guard) {
    this.#guard = guard;
  }

  take(file: string): PooledConnection {
    return this.#idle.get(file)?.pop() ?? this.open(file);
  }

  open(file: string): PooledConnection {
    return this.#guard.run(() => new PooledConnection(file, this.#guard));
  }

  /** Rolls back, and keeps the connection unless the request left a mark on it. */
  give(connection: PooledConnection): void {
    const idle = this.#idle.get(connection.file) ?? [];
    this.#idle.set(connection.file, idle);
    if (connection.settle() && idle.length < IDLE_MAX) idle.push(connection);
    else connection.close();
  }

  closeAll(): void {
    for (const idle of this.#idle.values()) for (const connection of idle) connection.close();
    this.#idle.clear();
  }
}

class PooledConnection {
  readonly file: string;
  readonly #raw: Database.Database;
  readonly #guard: Guard;
  readonly #statements = new Map<string, Prepared>();
  #counters: Database.Statement<[], [bigint, bigint]> | undefined;
  #marked = false;
  #raised = false;
  /** Something was ever written through it: its own counters are no longer a fresh connection's. */
  wrote = false;

  constructor(file: string, guard: Guard) {
    this.file = file;
    this.#guard = guard;
    // The host has made it; a new one in its place would be an empty store.
    this.#raw = new Database(file, { timeout: 5000, fileMustExist: true });
    // Spin's SQLite is compiled with both; better-sqlite3 has NORMAL for a file in WAL.
    this.#raw.pragma(FRESH_SYNCHRONOUS);
    this.#raw.pragma("foreign_keys = on");
  }

  get inTransaction(): boolean {
    return this.#raw.inTransaction;
  }

  prepare(sql: string): Prepared {
    const known = this.#statements.get(sql);
    if (known !== undefined) return known;
    const text = firstStatement(sql);
    // SQLite makes no statement of nothing, and stepping none is a misuse.
    if (text === undefined) throw new Error("bad parameter or other API misuse");
    const traits = statementTraits(text);
    if (traits.refusal !== undefined) throw new Error(traits.refusal);
    const made = this.#guard.run(() => {
      const statement = this.#raw.prepare<(Bound | Record<string, Bound>)[], Raw[]>(text).safeIntegers(true);
      if (statement.reader) statement.raw(true);
      const counts = /^[\s;]*(insert|update|delete|replace|with)\b/i.test(text);
      return { statement, plan: parameterPlan(text), traits, counts, columns: columnNames(statement) };
    });
    if (this.#statements.size >= STATEMENTS_MAX) this.#statements.clear();
    this.#statements.set(sql, made);
    return made;
  }

  /** Always stepped to its end: a commit that fails says so only at the last step. */
  run(prepared: Prepared, values: (Bound | Record<string, Bound>)[]): RunOutcome {
    const { statement, traits } = prepared;
    if (traits.marksConnection) this.#marked = true;
    if (traits.raisesSynchronous) this.#raised = true;
    return this.#guard.run(() => {
      if (!statement.readonly) this.wrote = true;
      const rows = statement.reader ? statement.all(...values) : [];
      if (!statement.reader) statement.run(...values);
      // The column names of a cached `select *` can be older than the schema.
      if (rows[0] !== undefined && rows[0].length !== prepared.columns.length) {
        prepared.columns = columnNames(statement);
      }
      if (statement.readonly || !prepared.counts) return { rows };
      this.#counters ??= this.#raw
        .prepare<[], [bigint, bigint]>("select changes(), last_insert_rowid()")
        .raw(true)
        .safeIntegers(true);
      const [changes, rowid] = this.#counters.all()[0] ?? [0n, 0n];
      return { rows, changes, rowid };
    });
  }

  /** Ends what a request left open; false when the connection must not serve another. */
  settle(): boolean {
    return this.#guard.run(() => {
      if (this.#raw.inTransaction) this.#raw.exec("rollback");
      if (this.#raised && !this.#marked) this.#raw.pragma(FRESH_SYNCHRONOUS);
      this.#raised = false;
      return !this.#marked;
    });
  }

  close(): void {
    this.#guard.run(() => this.#raw.close());
  }
}

interface RunOutcome {
  readonly rows: Raw[][];
  readonly changes?: bigint;
  readonly rowid?: bigint;
}

function columnNames(statement: Database.Statement<(Bound | Record<string, Bound>)[], Raw[]>): string[] {
  return statement.reader ? statement.columns().map(({ name }) => name) : [];
}

/** What a request's databases are opened with: one of each a thread. */
export interface SqliteBackends {
  readonly files: SqlitePool;
  readonly servers: LibsqlStreams;
}

/** The databases of one request. */
export class RequestDatabases {
  readonly #backends: SqliteBackends;
  readonly #addresses: Readonly<Record<string, DatabaseAddress>>;
  readonly #handles = new Set<SqliteHandle>();
  constructor(backends: SqliteBackends, addresses: Readonly<Record<string, DatabaseAddress>>) {
    this.#backends = backends;
    this.#addresses = addresses;
  }

  /** A handle; the database itself is opened at the first statement, as on Spin. */
  open(label: string): SqliteHandle {
    const address = Object.hasOwn(this.#addresses, label) ? this.#addresses[label] : undefined;
    if (address === undefined) throw { tag: "access-denied" };
    if (this.#handles.size >= HANDLES_MAX) throw { tag: "io", val: "too many connections opened" };
    const { files, servers } = this.#backends;
    const onClose = () => this.#handles.delete(handle);
    const handle: SqliteHandle =
      typeof address === "string"
        ? new Handle(files, address, onClose)
        : new LibsqlHandle(servers, address, onClose);
    this.#handles.add(handle);
    return handle;
  }

  closeAll(): void {
    for (const handle of [...this.#handles]) handle.close();
  }
}

class Handle implements SqliteHandle {
  readonly #pool: SqlitePool;
  readonly #file: string;
  readonly #onClose: () => void;
  #connection: PooledConnection | undefined;
  #changes = 0n;
  #rowid = 0n;
  #wrote = false;

  constructor(pool: SqlitePool, file: string, onClose: () => void) {
    this.#pool = pool;
    this.#file = file;
    this.#onClose = onClose;
  }

  /** `execute` of the interface: throws the WIT error. */
  execute(sql: string, parameters: readonly WitValue[]): WitResult {
    try {
      const { prepared, connection } = this.#prepare(sql);
      const outcome = connection.run(prepared, boundValues(prepared.plan, parameters));
      if (outcome.changes !== undefined) {
        this.#changes = outcome.changes;
        this.#rowid = outcome.rowid ?? 0n;
        this.#wrote = true;
      }
      return { columns: prepared.columns, rows: witRows(outcome.rows) };
    } catch (error) {
      throw { tag: "io", val: ioText(error, sql) };
    }
  }

  changes(): bigint {
    return this.#changes;
  }

  lastInsertRowid(): bigint {
    return this.#rowid;
  }

  close(): void {
    if (this.#connection !== undefined) this.#pool.give(this.#connection);
    this.#connection = undefined;
    this.#onClose();
  }

  /** A pooled connection that has written counts from then; whoever asks for counts first gets a fresh one. */
  #prepare(sql: string): { prepared: Prepared; connection: PooledConnection } {
    const connection = this.#connection ?? this.#pool.take(this.#file);
    this.#connection = connection;
    const prepared = connection.prepare(sql);
    if (!prepared.traits.asksCounters || this.#wrote || !connection.wrote || connection.inTransaction) {
      return { prepared, connection };
    }
    this.#pool.give(connection);
    const fresh = this.#pool.open(this.#file);
    this.#connection = fresh;
    return { prepared: fresh.prepare(sql), connection: fresh };
  }
}

function boundValues(
  plan: ParameterPlan,
  parameters: readonly WitValue[],
): (Bound | Record<string, Bound>)[] {
  if (parameters.length !== plan.count) {
    const { length } = parameters;
    throw new Error(`Wrong number of parameters passed to query. Got ${length}, needed ${plan.count}`);
  }
  const values = parameters.map(boundFromWit);
  if (plan.named.length === 0) return values;
  const named: Record<string, Bound> = {};
  for (const [name, number] of plan.named) named[name] = values[number - 1] ?? null;
  return [...plan.positional.map((number) => values[number - 1] ?? null), named];
}

function boundFromWit(value: WitValue): Bound {
  return value.tag === "null" ? null : value.val;
}

function witRows(rows: readonly Raw[][]): { values: WitValue[] }[] {
  let sizeBytes = 0;
  return rows.map((row) => {
    const values: WitValue[] = [];
    for (const raw of row) {
      const value = witFromRaw(raw);
      sizeBytes += value.tag === "text" || value.tag === "blob" ? value.val.length : 8;
      values.push(value);
    }
    if (sizeBytes > SPIN_RESULT_BYTES_MAX) throw new Error("query result exceeds limit of 134217728 bytes");
    return { values };
  });
}

function witFromRaw(raw: Raw): WitValue {
  if (raw === null) return { tag: "null" };
  if (typeof raw === "string") return { tag: "text", val: raw };
  if (typeof raw === "bigint") return { tag: "integer", val: raw };
  if (typeof raw === "number") return { tag: "real", val: raw };
  return { tag: "blob", val: raw };
}

/**
 * The text as rusqlite 0.34 forms it: SQLite's message, and for a text that does not parse the statement and
 * the place in it.
 */
function ioText(error: unknown, sql: string): string {
  const message = error instanceof Error ? error.message : String(error);
  const at = /^near "(.+)": syntax error$/s.exec(message) ?? /^no such column: (.+)$/s.exec(message);
  const offset = at?.[1] === undefined ? -1 : sql.indexOf(at[1]);
  return offset < 0 ? message : `${message} in ${sql} at offset ${offset}`;
}
