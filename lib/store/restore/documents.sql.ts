/** The statements over the documents of a store that was restored. */
import { statement } from "../sqlite/statement-build.ts";
import { entry, usage } from "../tables.ts";

export const ownNamespacesSql = statement(
  { namespace: usage.namespace },
  "select namespace from usage where keys>0 and namespace not glob '_*' order by namespace",
);

/** ?1 namespace, ?2 the key before, ?3 how many at most. */
export const documentsSql = statement(
  { key: entry.key, mediaType: entry.mediaType, bytes: entry.value },
  "select key, media_type, value from entry where namespace=?1 and key>?2 order by key limit ?3",
);
