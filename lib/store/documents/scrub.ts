/** The scrub: does the live store agree with its own history? Reads everything, and changes nothing. */

import type { Db } from "../sqlite/driver.ts";
import { onlyOf } from "../sqlite/statement.ts";
import { wrongDocumentsSql, wrongUsageSql } from "./scrub.sql.ts";

/** How many documents are not what the newest change of their key made them. */
export function countWrongDocuments(db: Db): number {
  return onlyOf(db, wrongDocumentsSql).faults;
}

/** How many documents, and counts of namespaces, disagree with the history. */
export function countScrubFaults(db: Db): number {
  return countWrongDocuments(db) + onlyOf(db, wrongUsageSql).faults;
}
