/**
 * What the store needs of a SQLite binding. A driver tags or coerces every parameter itself, steps every
 * statement to its end (`.all()`, never `.get()`: a commit error surfaces only at the last step), hands
 * 64-bit integers over as safe numbers, and turns every failure into a `StoreFault`.
 */

/** What can be bound and what comes back. Booleans and undefined are bugs and throw. */
export type SqlValue = null | number | string | Uint8Array;
export type SqlRow = readonly SqlValue[];

export interface Db {
  /** Runs one statement to its end and returns all rows as arrays, in column order. Throws StoreFault. */
  all(sql: string, params?: readonly SqlValue[]): SqlRow[];
}

/**
 * A failed statement. `text` is the engine's own words, with whatever wrapping the host adds around them;
 * match a marker inside it, never the whole. It is for code to look at, and never goes to a client.
 */
export class StoreFault extends Error {
  readonly text: string;
  constructor(text: string, options?: { cause?: unknown }) {
    super("the store refused a statement", options);
    this.name = "StoreFault";
    this.text = text;
  }
}

/**
 * busy: nothing was committed, and the same may be sent again. away: the same, because a database server did not
 * answer. lost: a server was asked and did not answer, so what was asked may have been done. too_large: a value, a row
 * or a result is over a limit of the host or the server.
 */
export type FaultKind = "busy" | "away" | "lost" | "full" | "no_table" | "too_large" | "other";

/** A value, a row and a parameter on a libSQL server (its SQLITE_LIMIT_LENGTH). */
export const SERVER_VALUE_BYTES_MAX = 5_000_000;

const NOTHING_COMMITTED = "nothing was committed: ";
/** By the words of SQLite, of real sqld 0.24, and of the backends that speak to it; the first that fits. */
const KINDS: readonly (readonly [FaultKind, RegExp])[] = [
  ["away", new RegExp(`^${NOTHING_COMMITTED}|error trying to connect`)],
  // A transaction that others waited for over 5 s, a stream that was idle for 10 s, a server that was started again.
  ["busy", /TRANSACTION_TIMEOUT|STREAM_EXPIRED|invalid baton/],
  ["busy", /database (table )?is locked|SQLITE_BUSY|database schema is locked/],
  ["full", /database or disk is full|SQLITE_FULL/],
  ["too_large", /string or blob too big|SQLITE_TOOBIG|RESPONSE_TOO_LARGE|result exceeds limit/],
  ["no_table", /no such (table|column)/],
  ["lost", /Hrana: `http error/],
];

/** Sorts a fault by what a caller can do: try again, free space, send less, apply migrations, or ask for help. */
export function faultKind(fault: StoreFault): FaultKind {
  return KINDS.find(([, words]) => words.test(fault.text))?.[0] ?? "other";
}

/** A failure from before a transaction's `commit` was sent: a server that went away has committed nothing of it. */
export function beforeCommit(error: unknown): unknown {
  if (!(error instanceof StoreFault) || faultKind(error) !== "lost") return error;
  return new StoreFault(`${NOTHING_COMMITTED}${error.text}`, { cause: error });
}
