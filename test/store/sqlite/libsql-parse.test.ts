import { describe, expect, test } from "vitest";
import { migrate } from "../../../lib/store/sqlite/migrate.ts";
import { memoryBucket } from "../../../testkit/counting-bucket.ts";
import { fill, openQuickStore, put, remove, restore, tick } from "../../../testkit/backup.ts";
import { noSqld, onSqld, openSqld, refusedBySqld, startSqld } from "../../../testkit/sqld.ts";
import { fits, knownStatements, patterns, recordingDb } from "../../../testkit/statements.ts";
import { committedMigrations } from "../../../testkit/store.ts";

describe.skipIf(noSqld !== undefined)(onSqld("every statement"), () => {
  test("is one that sqld's own parser and SQLite 3.45.1 take", async () => {
    const { url } = await startSqld();
    migrate(await openSqld(url), committedMigrations());
    const statements = await knownStatements();
    expect(statements.length).toBeGreaterThan(150);
    const refused = await refusedBySqld(url, statements.map(({ sql }) => sql));
    expect([...refused].map(([sql, why]) => `${why}  <=  ${statements.find((one) => one.sql === sql)?.where}: ${sql.slice(0,80)}`)).toEqual([]);
  });
  test("patterns", async () => {
    const all = await patterns();
    console.log(all.length, all.map((p) => p.where + ' ' + p.parts.join('§').slice(0,70)).join('\n'));
  });
});
