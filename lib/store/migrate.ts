/**
 * Brings a store up to this code's format, one statement at a time, safely when two do it at once.
 */
import type { Db } from "./driver.ts";

export interface Migration {
  readonly version: number;
  readonly name: string;
  readonly statements: readonly string[];
}

export type MigrateOutcome = { ok: true; format: number } | { ok: false; code: "store_newer"; format: number };

/** Applies what is missing of `migrations` (ascending versions). Refuses a store newer than the code. */
export function migrate(_db: Db, _migrations: readonly Migration[]): MigrateOutcome {
  throw new Error("not here yet");
}
