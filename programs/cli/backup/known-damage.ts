/** What a proof noted as damaged, for commands that look at the bucket from outside. */
import { existsSync } from "node:fs";
import { readDamageTimes } from "../../../lib/store/catalogue/damage.ts";
import { StoreFault } from "../../../lib/store/sqlite/driver.ts";
import { type NodeDb, openNodeDb } from "../../../lib/store/sqlite/driver-node.ts";

/** What the store beside the bucket has found damaged in it. A store that cannot tell knows of nothing. */
export function readDamage(file: string | undefined): Map<string, number> {
  if (file === undefined || !existsSync(file)) return new Map();
  let db: NodeDb | undefined;
  try {
    db = openNodeDb(file, { readonly: true, mustExist: true });
    return readDamageTimes(db);
  } catch (error) {
    if (error instanceof StoreFault) return new Map();
    throw error;
  } finally {
    db?.close();
  }
}
