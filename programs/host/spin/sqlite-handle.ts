/** `spin:sqlite/sqlite@3.0.0` as jco hands it over: values, results and a connection, whatever is behind it. */

export type WitValue =
  | { readonly tag: "integer"; readonly val: bigint }
  | { readonly tag: "real"; readonly val: number }
  | { readonly tag: "text"; readonly val: string }
  | { readonly tag: "blob"; readonly val: Uint8Array }
  | { readonly tag: "null" };

export interface WitResult {
  readonly columns: string[];
  readonly rows: { values: WitValue[] }[];
}

/** A connection as a guest holds it. */
export interface SqliteHandle {
  /** Throws the WIT error. */
  execute(sql: string, parameters: readonly WitValue[]): WitResult;
  changes(): bigint;
  lastInsertRowid(): bigint;
  close(): void;
}
