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

/** Sorts a fault by what a caller can do: try again, free space, apply migrations, or ask for help. */
export function faultKind(fault: StoreFault): "busy" | "full" | "no_table" | "other" {
  if (/database (table )?is locked|SQLITE_BUSY|database schema is locked/.test(fault.text)) return "busy";
  if (/database or disk is full|SQLITE_FULL/.test(fault.text)) return "full";
  if (/no such (table|column)/.test(fault.text)) return "no_table";
  return "other";
}
