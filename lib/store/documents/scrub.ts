/** The scrub: does the live store agree with its own history? Reads everything, and changes nothing. */
import type { Db } from "../sqlite/driver.ts";

/** How many documents are not what the newest change of their key made them. Index: both unique ones. */
export function countWrongDocuments(db: Db): number {
  const [row] = db.all(
    `select count(*) from entry e left join change c on c.namespace=e.namespace and c.key=e.key and c.revision=e.revision
     where c.op is not 'put' or c.value is not e.value or exists (select 1 from change n
      where n.namespace=e.namespace and n.key=e.key and n.revision>e.revision)`,
  );
  return Number(row?.[0]);
}

/** How many documents, and counts of namespaces, disagree with the history. */
export function countScrubFaults(db: Db): number {
  const [row] = db.all(
    `select count(*) from usage u left join (select namespace, count(*) as keys, sum(size) as bytes from entry group by namespace) e
      on e.namespace=u.namespace where u.keys<>coalesce(e.keys,0) or u.bytes<>coalesce(e.bytes,0)`,
  );
  return countWrongDocuments(db) + Number(row?.[0]);
}
