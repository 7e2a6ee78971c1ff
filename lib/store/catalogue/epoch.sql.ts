/** The statements of a store's place among histories. */
import { and, eq } from "drizzle-orm";
import { param, query, sqlOf, statement } from "../sqlite/statement-build.ts";
import { lineageTable, store } from "../tables.ts";

const thisStore = eq(store.id, 1);
const place = {
  lineage: store.lineage,
  revision: store.revision,
  firstRevision: store.firstRevision,
  epoch: store.epoch,
  pendingEpoch: store.pendingEpoch,
};

export const placeSql = statement(place, query.select(place).from(store).where(thisStore));

/** ?1 new name, ?2 old one. */
export const renameLineageSql = sqlOf(
  query
    .update(lineageTable)
    .set({ lineage: param(1) })
    .where(eq(lineageTable.lineage, param(2))),
);

/** ?1 lineage. */
export const renameStoreSql = sqlOf(
  query
    .update(store)
    .set({ lineage: param(1) })
    .where(thisStore),
);

/** ?1 lineage, ?2 epoch, ?3 first revision. */
export const moveStoreSql = sqlOf(
  query
    .update(store)
    .set({ lineage: param(1), epoch: param(2), firstRevision: param(3) })
    .where(thisStore),
);

/** ?1 lineage, ?2 epoch, ?3 first revision: what the next commit opens. */
export const openPendingSql = sqlOf(
  query
    .update(store)
    .set({ state: "open", pendingLineage: param(1), pendingEpoch: param(2), pendingFirst: param(3) })
    .where(thisStore),
);

export const dropFindingSql = "update operation set value=json_remove(value,'$.finding') where name='look'";

export const stopOpenSql = sqlOf(
  query
    .update(store)
    .set({ state: "stopped" })
    .where(and(thisStore, eq(store.state, "open"))),
);

/** The head of a store that may be sealed. */
export const sealableSql = statement(
  { revision: store.revision },
  `select s.revision from store s join entry e on e.namespace='_system' and e.key='mode'
       where s.id=1 and s.state in ('open','stopped') and s.pending_lineage is null and cast(e.value as text)->>'mode'='read_only'`,
);

export const stopSql = sqlOf(query.update(store).set({ state: "stopped" }).where(thisStore));
