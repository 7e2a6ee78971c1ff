import { expect, onTestFinished, test } from "vitest";
import {
  listHeadBytesSql,
  listHeadSql,
  listPastBytesSql,
  listPastSql,
} from "../../lib/store/documents/list.sql.ts";
import { openMemoryStore } from "../../testkit/store.ts";

test.each([
  { name: "now", sql: listHeadSql.sql },
  { name: "at a revision", sql: listPastSql.sql },
  { name: "now, with bytes", sql: listHeadBytesSql.sql },
  { name: "at a revision, with bytes", sql: listPastBytesSql.sql },
])("a page of what is there $name does not walk its whole range first", ({ sql }) => {
  const db = openMemoryStore();
  onTestFinished(() => db.close());
  const plan = db.all(`explain query plan ${sql}`, Array(11).fill(null)).map((row) => String(row[3]));
  expect(plan).toContain("CO-ROUTINE k");
  expect(plan).not.toContain("MATERIALIZE k");
});
