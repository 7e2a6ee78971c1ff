/** The statements of a store file that is about to be replaced. */
import { eq } from "drizzle-orm";
import { param, query, sqlOf, statement } from "../sqlite/statement-build.ts";
import { store } from "../tables.ts";

const thisStore = eq(store.id, 1);
const state = { state: store.state };

export const stateSql = statement(state, query.select(state).from(store).where(thisStore));

/** ?1 state. */
export const setStateSql = sqlOf(
  query
    .update(store)
    .set({ state: param(1) })
    .where(thisStore),
);
