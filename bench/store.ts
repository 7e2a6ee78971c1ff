/**
 * The store itself, without HTTP and Wasm: a commit beside a bare durable insert of one row
 * into the same file.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { loadMigrations } from "../build/migrations.ts";
import { openNodeDb } from "../lib/store/sqlite/driver-node.ts";
import { migrate } from "../lib/store/sqlite/migrate.ts";
import { addNamespace, bootstrap, propose } from "../testkit/proposals.ts";
import { median, type Row, rate } from "./rows.ts";

const COMMITS = 300;

export async function benchStore(root: string): Promise<Row[]> {
  const dir = mkdtempSync(join(tmpdir(), "ledge-bench-"));
  try {
    const db = openNodeDb(join(dir, "ledge.db"));
    migrate(db, loadMigrations(join(root, "migrations")));
    bootstrap(db);
    addNamespace(db, "shop");
    db.all("create table bare (key text primary key, value blob) strict");
    let nth = 0;
    const value = new Uint8Array(200);
    const perSecond = (work: () => void) => {
      const startedMs = performance.now();
      for (let run = 0; run < COMMITS; run += 1) work();
      return (COMMITS * 1000) / (performance.now() - startedMs);
    };
    const bare = await median(5, () =>
      perSecond(() => db.all("insert into bare values (?, ?)", [`k${nth++}`, value])),
    );
    const commits = await median(5, () =>
      perSecond(() => propose(db, [{ op: "put", ns: "shop", key: `k${nth++}`, value }])),
    );
    db.close();
    return [
      {
        work: "commit of one document in the store",
        figure: rate(commits),
        beside: `bare durable insert: ${rate(bare)}`,
        ratio: commits / bare,
        goal: "≥ 0.6",
      },
    ];
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}
