/** Documents of a store that was restored, to be written as files. */
import type { Db } from "../sqlite/driver.ts";

export interface StoredDocument {
  readonly namespace: string;
  readonly key: string;
  readonly mediaType: string;
  readonly bytes: Uint8Array;
}

const PAGE_ROWS = 200;

/** Namespaces that hold documents, Ledge's own left out. */
export function listOwnNamespaces(db: Db): string[] {
  return db
    .all("select namespace from usage where keys>0 and namespace not glob '_*' order by namespace")
    .map(([namespace]) => String(namespace));
}

/** Every document of a namespace in the order of keys. */
export function* eachDocument(db: Db, namespace: string): Generator<StoredDocument> {
  for (let after = ""; ; ) {
    const rows = db.all(
      "select key, media_type, value from entry where namespace=?1 and key>?2 order by key limit ?3",
      [namespace, after, PAGE_ROWS],
    );
    for (const [key, mediaType, value] of rows) {
      after = String(key);
      const bytes = value instanceof Uint8Array ? value : new Uint8Array(0);
      yield { namespace, key: after, mediaType: String(mediaType), bytes };
    }
    if (rows.length < PAGE_ROWS) return;
  }
}
