import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, onTestFinished, test } from "vitest";
import { openNodeDb } from "../../lib/store/sqlite/driver-node.ts";
import { noSqld, onSqld, openSqld, startSqld } from "../../testkit/sqld.ts";
import { committedMigrations } from "../../testkit/store.ts";
import { storeContract } from "../../testkit/store-contract.ts";

/** better-sqlite3 11.9.1 carries exactly Spin's SQLite; `npm run check:full` installs it beside the tree. */
const spinSqlite = ".cache/better-sqlite3-11.9.1/node_modules/better-sqlite3";

function temporaryFile(): string {
  const dir = mkdtempSync(join(tmpdir(), "ledge-contract-"));
  onTestFinished(() => rmSync(dir, { recursive: true, force: true }));
  return join(dir, "ledge.db");
}

describe("the store contract on better-sqlite3", () => {
  for (const one of storeContract) {
    test(one.name, () => {
      const db = openNodeDb(temporaryFile());
      onTestFinished(() => db.close());
      one.run(db, committedMigrations());
    });
  }
});

describe.skipIf(!existsSync(spinSqlite))(
  "the store contract on SQLite 3.49.1 (installed by check:full)",
  () => {
    for (const one of storeContract) {
      test(one.name, () => {
        const binding = createRequire(import.meta.url)(`../../${spinSqlite}`);
        const db = openNodeDb(temporaryFile(), { binding });
        onTestFinished(() => db.close());
        if (db.all("select sqlite_version()")[0]?.[0] !== "3.49.1") throw new Error("not Spin's SQLite");
        one.run(db, committedMigrations());
      });
    }
  },
);

describe.skipIf(noSqld !== undefined)(onSqld("the store contract on a libSQL server"), () => {
  for (const one of storeContract.filter(({ only }) => only !== "file")) {
    test(one.name, async () => {
      const { url } = await startSqld();
      one.run(await openSqld(url), committedMigrations());
    });
  }
});
