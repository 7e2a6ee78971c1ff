/**
 * What the store relies on, as cases that any driver must pass: better-sqlite3 on Node, a libSQL server, Spin's
 * interface from inside a component. It imports no test runner and no Node module: it also runs in the guest.
 * Each case gets an empty database.
 */

import type { ProposedOp } from "../lib/core/commit/proposal.ts";
import type { CommitOutcome } from "../lib/core/commit/verdict.ts";
import { commit } from "../lib/store/commit/commit.ts";
import { type Db, faultKind, StoreFault } from "../lib/store/sqlite/driver.ts";
import { raiseDurability } from "../lib/store/sqlite/durability.ts";
import { type Migration, migrate } from "../lib/store/sqlite/migrate.ts";

export interface ContractCase {
  readonly name: string;
  /** About the file; a server has its own. */
  readonly only?: "file";
  run(db: Db, migrations: readonly Migration[]): void;
}

function same(got: unknown, wanted: unknown, what: string): void {
  const [a, b] = [show(got), show(wanted)];
  if (a !== b) throw new Error(`${what}: got ${a}, wanted ${b}`);
}

function show(value: unknown): string {
  return (
    JSON.stringify(value, (_, one) => (one instanceof Uint8Array ? `bytes ${Array.from(one)}` : one)) ??
    "undefined"
  );
}

function faultOf(work: () => unknown): StoreFault {
  try {
    work();
  } catch (error) {
    if (error instanceof StoreFault) return error;
    throw new Error(`not a StoreFault: ${String(error)}`);
  }
  throw new Error("nothing was refused");
}

const digest = "a".repeat(64);
const rootDocument = JSON.stringify({
  name: "root",
  digest,
  grants: [{ verbs: ["read", "write", "admin"], namespace: "*", scope: "" }],
  expiresMs: null,
  createdMs: 1,
  creator: "_bootstrap",
  revokedMs: null,
});

/** ASCII only, which is all that these cases need and every engine can do. */
function bytesOf(text: string): Uint8Array {
  return Uint8Array.from(Array.from(text, (letter) => letter.charCodeAt(0)));
}

interface Put {
  readonly namespace: string;
  readonly key: string;
  readonly value: Uint8Array;
  readonly ifRevision?: number;
}

function put(
  db: Db,
  puts: readonly Put[],
  how: { admin?: boolean; bootstrap?: boolean; requestId?: string } = {},
): CommitOutcome {
  const body = new Uint8Array(puts.reduce((sum, one) => sum + one.value.length, 0));
  let at = 0;
  const ops = puts.map((one): ProposedOp => {
    body.set(one.value, at);
    at += one.value.length;
    return {
      op: "put",
      namespace: one.namespace,
      key: one.key,
      mediaType: "application/json",
      ifRevision: one.ifRevision ?? null,
      ifLineage: null,
      at: at - one.value.length,
      size: one.value.length,
      text: true,
    };
  });
  return commit(
    db,
    {
      proposer: how.bootstrap
        ? { kind: "reserved", actor: "_bootstrap" }
        : { kind: "token", accessor: "aaaaaaaaaaaa", digest },
      door: how.admin || how.bootstrap ? "admin" : "write",
      nowMs: 1_700_000_000_000,
      requestId: how.requestId ?? null,
      message: null,
      author: null,
      meta: null,
      trace: null,
      ops,
      body,
    },
    { accept: "anything" },
  );
}

function openShop(db: Db, migrations: readonly Migration[]): void {
  migrate(db, migrations);
  put(db, [{ namespace: "_auth", key: "token/aaaaaaaaaaaa", value: bytesOf(rootDocument) }], {
    bootstrap: true,
  });
  put(db, [{ namespace: "_system", key: "namespace/shop", value: bytesOf("{}") }], { admin: true });
}

export const storeContract: readonly ContractCase[] = [
  {
    name: "gives back what was bound: null, integers to 2^53, reals, text, bytes, empty",
    run(db) {
      const values = [
        null,
        0,
        -1,
        Number.MAX_SAFE_INTEGER,
        0.5,
        "",
        "é\u{1f600}",
        new Uint8Array(),
        Uint8Array.from([0, 255]),
      ];
      same(db.all("select ?,?,?,?,?,?,?,?,?", values), [values], "values");
      same(
        db.all("select typeof(?), typeof(?), typeof(?)", [1, 1.5, new Uint8Array()]),
        [["integer", "real", "blob"]],
        "types",
      );
    },
  },
  {
    name: "keeps U+FEFF at the front of a text, both ways",
    run(db) {
      const mark = "\ufeff";
      const bytes = Uint8Array.from([0xef, 0xbb, 0xbf, 0x61]);
      same(db.all("select ?1, cast(?1 as blob)", [`${mark}a`]), [[`${mark}a`, bytes]], "bound");
      same(db.all("select cast(?1 as text)", [bytes]), [[`${mark}a`]], "cast");
      same(db.all(`select '${mark}a' = ?1, '${mark}a' = 'a'`, [`${mark}a`]), [[1, 0]], "in the statement");
    },
  },
  {
    name: "keeps the columns and rows in order, with two columns of one name apart",
    run(db) {
      same(
        db.all("select 1 as a, 2 as a union all select 3, 4"),
        [
          [1, 2],
          [3, 4],
        ],
        "rows",
      );
      same(db.all("select 1 where 0"), [], "no rows");
    },
  },
  {
    name: "binds numbered parameters by their number, used twice or out of order",
    run(db) {
      same(db.all("select ?2, ?1, ?2", ["a", "b"]), [["b", "a", "b"]], "numbered");
    },
  },
  {
    name: "refuses another number of parameters than the statement has",
    run(db) {
      faultOf(() => db.all("select ?", []));
      faultOf(() => db.all("select ?", [1, 2]));
    },
  },
  {
    name: "turns failures into faults whose text tells them apart",
    run(db) {
      same(faultKind(faultOf(() => db.all("select * from missing"))), "no_table", "kind");
      faultOf(() => db.all("select from"));
      db.all("create table t (a primary key)");
      db.all("insert into t values (1)");
      same(faultKind(faultOf(() => db.all("insert into t values (1)"))), "other", "constraint");
    },
  },
  {
    name: "keeps a transaction over several calls on a connection, and rolls it back whole",
    run(db) {
      db.all("create table t (a)");
      db.all("begin immediate");
      db.all("insert into t values (1)");
      db.all("rollback");
      same(db.all("select count(*) from t"), [[0]], "count");
    },
  },
  {
    name: "has the SQL that the store is written in",
    run(db) {
      same(
        db.all(
          "select unhex('ed'), octet_length('é'), '{\"a\":[1]}'->>'$.a[0]', iif(1,2,3), instr(x'ed00',x'ed'), json_insert('[1]','$[#]',2)",
        ),
        [[Uint8Array.from([0xed]), 2, 1, 2, 1, "[1,2]"]],
        "functions",
      );
      db.all("create table k (key text primary key)");
      db.all("insert into k values ('p'), ('p\u{10ffff}'), ('p\uffff'), ('q')");
      same(
        db.all("select count(*) from k where key>='p' and key<'p'||cast(x'ff' as text)"),
        [[3]],
        "prefix bound",
      );
    },
  },
  {
    name: "writes with a rollback journal, and can sync the folder after it",
    only: "file",
    run(db) {
      same(db.all("select journal_mode from pragma_journal_mode"), [["delete"]], "journal");
      // At FULL a commit may be rolled back by a power cut that comes right after it.
      same(raiseDurability(db).synchronous, 3, "synchronous");
    },
  },
  {
    name: "is migrated once and found migrated",
    run(db, migrations) {
      const newest = migrations[migrations.length - 1]?.version ?? 0;
      same(migrate(db, migrations), { ok: true, format: newest }, "first");
      same(migrate(db, migrations), { ok: true, format: newest }, "second");
    },
  },
  {
    name: "commits, refuses and repeats by the rules of a commit",
    run(db, migrations) {
      openShop(db, migrations);
      const one = { namespace: "shop", key: "k", value: bytesOf("1") };
      const made = put(db, [one], { requestId: "r" });
      same(made.ok && [made.revision, made.results[0]?.result], [3, "created"], "made");
      const again = put(db, [one], { requestId: "r" });
      same(again.ok && [again.revision, again.replayed], [3, true], "repeat");
      const other = put(db, [{ ...one, value: bytesOf("2") }], { requestId: "r" });
      same(other.ok || other.code, "idempotency_mismatch", "mismatch");
      const stale = put(db, [{ ...one, value: bytesOf("2"), ifRevision: 2 }]);
      same(stale.ok || [stale.code, stale.causes[0]?.revision], ["stale", 3], "stale");
      const unchanged = put(db, [{ ...one, ifRevision: 3 }]);
      same(unchanged.ok && [unchanged.unchanged, unchanged.revision], [true, 3], "unchanged");
      same(db.all("select value from entry where namespace='shop'"), [[bytesOf("1")]], "value");
    },
  },
  {
    name: "takes a commit at its limits: 1,000 changes, and 2 MiB of values",
    run(db, migrations) {
      openShop(db, migrations);
      const many = Array.from({ length: 1000 }, (_, n) => ({
        namespace: "shop",
        key: `k${n}`,
        value: bytesOf(`${n}`),
      }));
      const made = put(db, many);
      same(made.ok && made.results.length, 1000, "many");
      const large = [1, 2].map((n) => ({
        namespace: "shop",
        key: `large${n}`,
        value: new Uint8Array(1_048_576),
      }));
      same(put(db, large).ok, true, "large");
      same(
        db.all("select keys, bytes from usage where namespace='shop'"),
        [[1002, 2_097_152 + 2890]],
        "usage",
      );
    },
  },
];

/** Empties a database, so that one file can serve many cases. */
export function emptyDatabase(db: Db): void {
  for (const type of ["trigger", "view", "table"]) {
    const made = db.all("select name from sqlite_schema where type=? and name not like 'sqlite_%'", [type]);
    for (const [name] of made) db.all(`drop ${type} "${name}"`);
  }
}
