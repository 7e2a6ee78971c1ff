/**
 * The driver for the SQLite of Spin, or of a host that acts like it.
 * Promise: one connection a request, opened when first used; every parameter tagged here, so that null and
 * bytes arrive as they are and a boolean or undefined is refused instead of dropped; integers come back as
 * safe numbers; every failure is a `StoreFault` with the host's text. Knows nothing of tables.
 */
import { Connection, type Value } from "spin:sqlite/sqlite@3.0.0";
import { type Db, type SqlRow, type SqlValue, StoreFault } from "./driver.ts";

export interface SpinDbOptions {
  /** The label granted to the component in the manifest. */
  readonly label?: string;
  /** StarlingMonkey takes 64-bit integers as BigInt; QuickJS panics on one and takes numbers. */
  readonly bigIntegers?: boolean;
}

/** A database that opens its connection at the first statement. Make a new one for each request. */
export function openSpinDb(options: SpinDbOptions = {}): Db {
  const big = options.bigIntegers ?? false;
  let connection: Connection | undefined;
  return {
    all(sql, params = []) {
      const tagged: Value[] = [];
      for (const value of params) tagged.push(tag(value, big));
      try {
        connection ??= Connection.open(options.label ?? "default");
        return connection.execute(sql, tagged).rows.map(rowFromResult);
      } catch (error) {
        throw error instanceof StoreFault ? error : new StoreFault(faultText(error), { cause: error });
      }
    },
  };
}

function tag(value: SqlValue, big: boolean): Value {
  if (value === null) return { tag: "null" };
  if (typeof value === "string") return { tag: "text", val: value };
  if (typeof value === "number") {
    if (Number.isSafeInteger(value)) return { tag: "integer", val: big ? BigInt(value) : value };
    if (Number.isNaN(value)) throw new TypeError("NaN cannot be bound to a statement");
    return { tag: "real", val: value };
  }
  if (value instanceof Uint8Array) return { tag: "blob", val: value };
  throw new TypeError(`a ${typeof value} cannot be bound to a statement`);
}

function rowFromResult(row: { values: Value[] }): SqlRow {
  const values: SqlValue[] = [];
  for (const value of row.values) values.push(untag(value));
  return values;
}

function untag(value: Value): SqlValue {
  if (value.tag === "null") return null;
  if (value.tag === "blob") return ownBytes(value.val);
  if (value.tag !== "integer") return value.val;
  const number = Number(value.val);
  if (!Number.isSafeInteger(number)) throw new StoreFault(`integer ${value.val} is past 2^53`);
  return number;
}

/**
 * StarlingMonkey hands bytes over as an array of another realm, which `instanceof` does not know. Nobody else has it, so
 * it is taken into ours as it is: a copy of each page would be a tenth of an export's time.
 */
function ownBytes(bytes: Uint8Array): Uint8Array {
  return bytes instanceof Uint8Array ? bytes : Object.setPrototypeOf(bytes, Uint8Array.prototype);
}

/** A failed host call throws an object whose `payload` is the WIT error; its message says nothing. */
function faultText(error: unknown): string {
  if (typeof error !== "object" || error === null) return String(error);
  const payload = "payload" in error ? error.payload : error;
  if (typeof payload === "object" && payload !== null && "tag" in payload) {
    return "val" in payload && payload.val !== undefined ? String(payload.val) : String(payload.tag);
  }
  return error instanceof Error ? error.message : String(payload);
}
