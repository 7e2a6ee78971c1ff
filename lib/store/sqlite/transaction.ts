/** Transactions of plain statements: all of them or none, and what failed is what is thrown. */
import type { Db } from "./driver.ts";

/** Runs statements in one transaction. Throws StoreFault, and what the work throws; then nothing has changed. */
export function inTransaction<T>(db: Db, work: () => T): T {
  db.all("begin immediate");
  try {
    const result = work();
    db.all("commit");
    return result;
  } catch (error) {
    rollBack(db);
    throw error;
  }
}

/** The same for work that computes asynchronously. It may wait for nothing else: the store takes no other commit. */
export async function inAsyncTransaction<T>(db: Db, work: () => Promise<T>): Promise<T> {
  db.all("begin immediate");
  try {
    const result = await work();
    db.all("commit");
    return result;
  } catch (error) {
    rollBack(db);
    throw error;
  }
}

/** What failed before matters; a rollback that fails too means that SQLite already did it. */
function rollBack(db: Db): void {
  try {
    db.all("rollback");
  } catch {}
}
