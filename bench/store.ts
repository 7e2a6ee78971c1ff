/**
 * The store itself, without HTTP and Wasm: a commit beside a bare durable insert of one row into the same file, and
 * opening a file for one row beside the same file with the document tables alone.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { loadMigrations } from "../build/migrations.ts";
import { openNodeDb } from "../lib/store/sqlite/driver-node.ts";
import { migrate } from "../lib/store/sqlite/migrate.ts";
import { addNamespace, bootstrap, propose } from "../testkit/proposals.ts";
import { type BenchForm, type BenchRow, median, rate } from "./rows.ts";

const COMMITS = 300;
const OPENS = 20;
/** The quick form takes a quarter of them. */
const TURNS = 400;

export async function benchStore(root: string, { full }: BenchForm): Promise<BenchRow[]> {
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
    const opened = await benchOpen(join(dir, "whole.db"), join(dir, "alone.db"), {
      root,
      turns: full ? TURNS : TURNS / 4,
    });
    return [
      opened,
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

/** Every request on Spin opens the file, and every connection parses the schema. */
async function benchOpen(
  whole: string,
  alone: string,
  { root, turns }: { readonly root: string; readonly turns: number },
): Promise<BenchRow> {
  for (const file of [whole, alone]) {
    const db = openNodeDb(file);
    migrate(db, loadMigrations(join(root, "migrations")));
    if (file === alone)
      for (const table of ["operation", "backup_run", "backup_object"]) db.all(`drop table ${table}`);
    db.all("vacuum");
    db.close();
  }
  const openMs = (file: string) => {
    const startedMs = performance.now();
    for (let run = 0; run < OPENS; run += 1) {
      const db = openNodeDb(file);
      db.all(READ);
      db.close();
    }
    return (performance.now() - startedMs) / OPENS;
  };
  // The quickest of many short turns of each: what else the machine does only ever makes one slower.
  let [wholeMs, aloneMs] = [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY];
  for (let turn = 0; turn < turns; turn += 1) {
    wholeMs = Math.min(wholeMs, openMs(whole));
    aloneMs = Math.min(aloneMs, openMs(alone));
  }
  return {
    work: "open a store file and read one row",
    figure: `${wholeMs.toFixed(2)} ms`,
    beside: `the same file with the document tables alone: ${aloneMs.toFixed(2)} ms`,
    ratio: wholeMs / aloneMs,
    goal: "≤ 1.3",
  };
}

const READ =
  "select s.revision, e.revision, e.value from store s left join entry e on e.namespace='shop' and e.key='a' where s.id=1";
