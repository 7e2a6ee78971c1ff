import { expect, test } from "vitest";
import { madeStatements } from "../../../testkit/statements.ts";
import { openTestStore } from "../../../testkit/store.ts";

/** Columns of tables that a statement calls something else. */
const RENAMED = new Set([
  "applied: commits.revision",
  "bytes: entry.value",
  "channelRevision: entry.revision",
  "documentRevision: change.revision",
  "documentRevision: entry.revision",
  "edgeRevision: entry.revision",
  "head: store.revision",
  "modifiedMs: commits.time_ms",
  "oldestLooked: commits.revision",
  "oldestWaitingMs: commits.time_ms",
  "rolloutRevision: entry.revision",
  "sinceMs: commits.time_ms",
  "wasRevision: change.revision",
]);
/** Tables of SQLite's own, whose columns say nothing of ours. */
const NOT_OURS = /^(json_each|pragma_)/;

const camel = (name: string) => name.replace(/_(\w)/g, (_all, letter: string) => letter.toUpperCase());

test("a statement names exactly the columns that it gives, in their order", async () => {
  const { db } = openTestStore();
  const made = await madeStatements();
  const wrong = made.flatMap(({ where, sql, columns }) => {
    const given = db.raw.prepare(sql).columns();
    const counted = given.length === columns.length ? [] : [`${where}: ${columns.length} of ${given.length}`];
    const misnamed = given.flatMap(({ table, column }, at) => {
      const name = `${columns[at]}: ${table}.${column}`;
      const plain = table === null || NOT_OURS.test(table) || camel(column ?? "") === columns[at];
      return plain || RENAMED.has(name) ? [] : [`${where} ${name}`];
    });
    return [...counted, ...misnamed];
  });
  expect(wrong).toEqual([]);
  expect(made.length).toBeGreaterThan(70);
});
