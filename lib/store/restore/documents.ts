/** Documents of a store that was restored, to be written as files. */

import type { Db } from "../sqlite/driver.ts";
import { rowsOf } from "../sqlite/statement.ts";
import { documentsSql, ownNamespacesSql } from "./documents.sql.ts";

export interface StoredDocument {
  readonly namespace: string;
  readonly key: string;
  readonly mediaType: string;
  readonly bytes: Uint8Array;
}

const PAGE_ROWS = 200;

/** Namespaces that hold documents, Ledge's own left out. */
export function listOwnNamespaces(db: Db): string[] {
  return rowsOf(db, ownNamespacesSql).map(({ namespace }) => namespace);
}

/** Every document of a namespace in the order of keys. */
export function* eachDocument(db: Db, namespace: string): Generator<StoredDocument> {
  for (let after = ""; ; ) {
    const rows = rowsOf(db, documentsSql, [namespace, after, PAGE_ROWS]);
    for (const row of rows) {
      after = row.key;
      yield { namespace, ...row };
    }
    if (rows.length < PAGE_ROWS) return;
  }
}
