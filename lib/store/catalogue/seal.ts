/** The seal of a planned move: which manifest said that nothing comes after it. */

import type { Db } from "../sqlite/driver.ts";
import type { Catalogue } from "./lease.ts";
import { findRow } from "./operation.ts";
import { SEAL } from "./rows.ts";

export function readSealedManifest(db: Db): string | null {
  return findRow(db, SEAL)?.manifest ?? null;
}

export function recordSealed(catalogue: Catalogue, manifest: string): void {
  catalogue.write((db) =>
    db.all("update operation set value=json_set(value,'$.manifest',?1) where name='seal'", [manifest]),
  );
}
