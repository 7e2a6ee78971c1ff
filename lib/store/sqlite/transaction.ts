/** Transactions of plain statements: all of them or none, and what failed is what is thrown. */
import { beforeCommit, type Db } from "./driver.ts";

/** Runs statements in one transaction. Throws StoreFault, and what the work throws; then nothing has changed. */
export function inTransaction<T>(db: Db, work: () => T): T {
  begin(db);
  let result: T;
  try {
    result = work();
  } catch (error) {
    rollBack(db);
    throw beforeCommit(error);
  }
  commit(db);
  return result;
}

/** The same for work that computes asynchronously. It may wait for nothing else: the store takes no other commit. */
export async function inAsyncTransaction<T>(db: Db, work: () => Promise<T>): Promise<T> {
  begin(db);
  let result: T;
  try {
    result = await work();
  } catch (error) {
    rollBack(db);
    throw beforeCommit(error);
  }
  commit(db);
  return result;
}

function begin(db: Db): void {
  try {
    db.all("begin immediate");
  } catch (error) {
    throw beforeCommit(error);
  }
}

function commit(db: Db): void {
  try {
    db.all("commit");
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
