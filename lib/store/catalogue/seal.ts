/** The seal of a planned move: which manifest said that nothing comes after it. */

import type { Db } from "../sqlite/driver.ts";
import { type Lease, underLease } from "./lease.ts";

export function readSealedManifest(db: Db): string | null {
  const [row] = db.all("select sealed_manifest from backup where id=1");
  return typeof row?.[0] === "string" ? row[0] : null;
}

export function recordSealed(db: Db, lease: Lease, manifest: string): void {
  underLease(db, lease, () =>
    db.all("update backup set sealed_manifest=?1 where id=1 and sealed_revision is not null", [manifest]),
  );
}
