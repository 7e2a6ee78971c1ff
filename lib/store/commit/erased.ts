/** What an erased value may still stand in: pages that SQLite freed. */
import { type Db, StoreFault } from "../sqlite/driver.ts";

/** Before a commit that erases: SQLite overwrites with zeros what the statements free. */
export function overwriteFreed(db: Db): void {
  // A server that does not know it is told by what `writeAnew` says.
  withoutFault(() => db.all("pragma secure_delete=on"));
}

/**
 * After it: the file is written anew, so that no page that was freed earlier still holds a value. False where it
 * cannot be done (busy, too little space, or a server that does not do it): the commit stands all the same.
 */
export function writeAnew(db: Db): boolean {
  return withoutFault(() => db.all("vacuum"));
}

function withoutFault(work: () => void): boolean {
  try {
    work();
    return true;
  } catch (error) {
    if (error instanceof StoreFault) return false;
    throw error;
  }
}
