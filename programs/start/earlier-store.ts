/** A store that another version wrote, met at a start: an earlier one is brought up to date, a newer one is not touched. */
import migrations from "ledge:migrations";
import { VERSION } from "../../lib/core/version.ts";
import type { Db } from "../../lib/store/sqlite/driver.ts";
import { migrate, readFormat } from "../../lib/store/sqlite/migrate.ts";
import { type DatabaseAddress, shownAddress } from "../host/spin/databases.ts";
import { shownPath } from "./places.ts";
import { Stopped } from "./stopped.ts";

/** Before anything else reads it: what a start asks the bucket rests on tables of today. Throws Stopped for a newer store. */
export function bringUpToDate(db: Db, address: DatabaseAddress): void {
  const newest = migrations.at(-1)?.version ?? 0;
  const found = readFormat(db);
  if (found <= newest && migrate(db, migrations).ok) return;
  const where = typeof address === "string" ? shownPath(address) : shownAddress(address);
  throw new Stopped(
    `${where} is of a newer Ledge: it has format ${found}, and ${VERSION} knows formats up to ${newest}.
Start the newer one, or go back as docs/upgrading.md says. Nothing was changed.`,
  );
}
