/** The statements of the scrub: everything is read. */
import { integerColumn, statement } from "../sqlite/statement-build.ts";

const faults = { faults: integerColumn };

/** Index: both unique ones. */
export const wrongDocumentsSql = statement(
  faults,
  `select count(*) from entry e left join change c on c.namespace=e.namespace and c.key=e.key and c.revision=e.revision
     where c.op is not 'put' or c.value is not e.value or exists (select 1 from change n
      where n.namespace=e.namespace and n.key=e.key and n.revision>e.revision)`,
);

export const wrongUsageSql = statement(
  faults,
  `select count(*) from usage u left join (select namespace, count(*) as keys, sum(size) as bytes from entry group by namespace) e
      on e.namespace=u.namespace where u.keys<>coalesce(e.keys,0) or u.bytes<>coalesce(e.bytes,0)`,
);
