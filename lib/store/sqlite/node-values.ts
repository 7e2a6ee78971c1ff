/** Values between Node's drivers and SQLite: whole numbers travel as BigInt, so that `1` stays an integer. */
import { type SqlValue, StoreFault } from "./driver.ts";

export type BoundValue = null | bigint | number | string | Uint8Array;

/** A parameter to be bound. Throws TypeError for what cannot be. */
export function toBound(value: SqlValue): BoundValue {
  if (value === null || typeof value === "string" || value instanceof Uint8Array) return value;
  if (typeof value !== "number") throw new TypeError(`a ${typeof value} cannot be bound to a statement`);
  if (Number.isSafeInteger(value)) return BigInt(value);
  if (Number.isNaN(value)) throw new TypeError("NaN cannot be bound to a statement");
  return value;
}

/** An integer of SQLite as a number. Throws StoreFault past 2^53. */
export function toSafeNumber(value: bigint): number {
  const number = Number(value);
  if (!Number.isSafeInteger(number)) throw new StoreFault(`integer ${value} is past 2^53`);
  return number;
}
