/** The statements of one row of `operation`. */
import { eq, inArray } from "drizzle-orm";
import { param, query, sqlOf, statement } from "../sqlite/statement-build.ts";
import { operation } from "./tables.ts";

const found = { value: operation.value, block: operation.block };

/** ?1 name. */
export const findRowSql = statement(
  found,
  query
    .select(found)
    .from(operation)
    .where(eq(operation.name, param(1))),
);

/** ?1 name, ?2 value, ?3 block. */
export const putRowSql = "insert or replace into operation (name, value, block) values (?1,?2,?3)";

/** ?1 name, ?2 value. */
export const addRowSql = "insert or ignore into operation (name, value) values (?1,?2)";

/** ?1 name. */
export const dropRowSql = sqlOf(query.delete(operation).where(eq(operation.name, param(1))));

export const dropUnfinishedSql = sqlOf(
  query.delete(operation).where(inArray(operation.name, ["base", "replay"])),
);
