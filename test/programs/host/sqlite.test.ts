import Database from "better-sqlite3";
import { beforeAll, describe, expect, test } from "vitest";
import { buildFor, openTestHost, PROBE_MANIFEST, type TestHost } from "../../../testkit/host.ts";

beforeAll(() => buildFor(PROBE_MANIFEST, ["quick", "chained"]));

async function sql(host: TestHost, steps: unknown[]): Promise<unknown[]> {
  const answer = await host.json("/quick/sql", { method: "POST", body: JSON.stringify(steps) });
  if (!Array.isArray(answer)) throw new Error(JSON.stringify(answer));
  return answer;
}

const io = (val: string) => ({ error: { tag: "io", val } });
const rows = (...values: unknown[][]) => expect.objectContaining({ rows: values });

/** Only the small component: the other kind needs no second proof. */
describe.each([
  { name: "memory reset", freshInstances: false },
  { name: "fresh instances", freshInstances: true },
])("SQLite of guests with $name", ({ freshInstances }) => {
  const open = () => openTestHost({ freshInstances });

  test("runs the first statement only, a trigger being one", async () => {
    const host = await open();
    const trigger =
      "create trigger r after insert on t begin insert into u values(1); insert into u values(2); end";
    await sql(host, [
      ["create table t(a); create table never(a)"],
      ["create table u(a)"],
      [`${trigger}; drop table u`],
    ]);
    const [inserted, seen, never] = await sql(host, [
      ["insert into t values(1); insert into t values(2)"],
      ["select count(*), (select count(*) from u) from t"],
      ["select * from never"],
    ]);
    expect(inserted).toEqual({ columns: [], rows: [] });
    expect(seen).toEqual(rows([1, 2]));
    expect(never).toEqual(io("no such table: never"));
  });

  test("wants exactly as many values as there are parameters", async () => {
    const host = await open();
    const wrong = (got: number) => io(`Wrong number of parameters passed to query. Got ${got}, needed 2`);
    expect(
      await sql(host, [
        ["select ?, ?", [1]],
        ["select ?2", [1, 2, 3]],
        ["select ?2, ?1", [1, 2]],
      ]),
    ).toEqual([wrong(1), wrong(3), rows([2, 1])]);
  });

  test("tells failures as text in rusqlite's form", async () => {
    const host = await open();
    await sql(host, [["create table t(a unique)"], ["insert into t values(1)"]]);
    expect(await sql(host, [["selct 1"], ["insert into t values(1)"], ["select b from t"], [""]])).toEqual([
      io('near "selct": syntax error in selct 1 at offset 0'),
      io("UNIQUE constraint failed: t.a"),
      io("no such column: b in select b from t at offset 7"),
      io("bad parameter or other API misuse"),
    ]);
  });

  test("rolls back at the end of the request what it left open", async () => {
    const host = await open();
    await sql(host, [["create table t(a)"]]);
    await sql(host, [["begin immediate"], ["insert into t values(1)"]]);
    expect(await sql(host, [["select count(*) from t"], ["begin immediate"], ["commit"]])).toEqual([
      rows([0]),
      rows(),
      rows(),
    ]);
  });

  test("keeps a transaction over several statements, and a commit for the next request", async () => {
    const host = await open();
    await sql(host, [["create table t(a)"], ["begin immediate"], ["insert into t values(1)"], ["commit"]]);
    expect(await sql(host, [["select count(*) from t"]])).toEqual([rows([1])]);
  });

  test("starts the counters of each handle from nothing", async () => {
    const host = await open();
    const first = [
      ["create table t(a)"],
      ["insert into t values(7),(8)"],
      "changes",
      "rowid",
      ["select changes()"],
    ];
    expect((await sql(host, first)).slice(2)).toEqual([2, 2, rows([2])]);
    expect(
      await sql(host, ["changes", "rowid", ["select changes(), last_insert_rowid(), total_changes()"]]),
    ).toEqual([0, 0, rows([0, 0, 0])]);
  });

  test("attaches no file and vacuums into none", async () => {
    const host = await open();
    expect(
      await sql(host, [
        ["attach '/tmp/other.db' as o"],
        ["attach database ?1 as o", ["/tmp/other.db"]],
        ["vacuum into '/tmp/copy.db'"],
        ["attach '' as o"],
        ["create table o.t(a)"],
      ]),
    ).toEqual([io("not authorized"), io("not authorized"), io("authorization denied"), rows(), rows()]);
    expect(await sql(host, [["select * from o.t"]])).toEqual([io("no such table: o.t")]);
  });

  test("passes no pragma, temporary table or attached database on to the next request", async () => {
    const host = await open();
    await sql(host, [["pragma foreign_keys = off"], ["pragma busy_timeout = 1"], ["create temp table x(a)"]]);
    expect(
      await sql(host, [["pragma foreign_keys"], ["pragma busy_timeout"], ["select * from temp.x"]]),
    ).toEqual([rows([1]), rows([5000]), io("no such table: temp.x")]);
  });

  test("puts back what a write has raised, without closing the connection for it", async () => {
    const host = await open();
    expect(await sql(host, [["pragma synchronous = extra"], ["pragma synchronous"]])).toEqual([
      rows(),
      rows([3]),
    ]);
    expect(await sql(host, [["pragma synchronous"]])).toEqual([rows([2])]);
  });

  test("has Spin's settings: rollback journal, FULL, foreign keys", async () => {
    const host = await open();
    expect(
      await sql(host, [["pragma journal_mode"], ["pragma synchronous"], ["pragma foreign_keys"]]),
    ).toEqual([rows(["delete"]), rows([2]), rows([1])]);
  });

  test("says that the database is locked, after the guest's own timeout", async () => {
    const host = await open();
    await sql(host, [["create table t(a)"]]);
    const other = new Database(host.databaseFile);
    other.exec("begin exclusive");
    const answer = await sql(host, [["pragma busy_timeout = 1"], ["insert into t values(1) returning a"]]);
    expect(answer[1]).toEqual(io("database is locked"));
    other.exec("rollback");
    other.close();
  });

  test("says at the commit of a RETURNING statement that a reader is in the way", async () => {
    const host = await open();
    await sql(host, [["create table t(a)"]]);
    const reader = new Database(host.databaseFile);
    reader.exec("begin; select * from t");
    const answer = await sql(host, [["pragma busy_timeout = 1"], ["insert into t values(1) returning a"]]);
    expect(answer[1]).toEqual(io("database is locked"));
    reader.exec("commit");
    expect(await sql(host, [["select count(*) from t"]])).toEqual([rows([0])]);
    reader.close();
  });

  test("grants a component its own labels only, and 256 handles", async () => {
    const host = await open();
    expect(await host.json("/quick/open?default")).toBe("opened");
    expect(await host.json("/quick/open?other")).toEqual({ error: { tag: "access-denied" } });
    expect(await host.json("/quick/open?many")).toEqual(io("too many connections opened"));
    expect(await host.json("/quick/open?default")).toBe("opened");
  });
});

describe("SQLite of guests", () => {
  test("refuses a result of more than 128 MiB", async () => {
    const host = await openTestHost();
    const answer = await sql(host, [["select zeroblob(70000000) union all select zeroblob(70000000)"]]);
    expect(JSON.stringify(answer[0])).toContain("exceeds");
  });

  test("refuses to start over a label that nobody defined, naming both", async () => {
    const { readFileSync, writeFileSync } = await import("node:fs");
    const { dirname, join } = await import("node:path");
    const { testFolder } = await import("../../../testkit/host.ts");
    const manifest = join(testFolder(), "spin.toml");
    const folder = dirname(PROBE_MANIFEST);
    const text = readFileSync(PROBE_MANIFEST, "utf8")
      .replaceAll('source = "', `source = "${join("..", "..", folder)}/`)
      .replaceAll('["default"]', '["default", "other"]');
    writeFileSync(manifest, text);
    await expect(openTestHost({ manifest })).rejects.toThrow(/quick.*other/);
  });

  test("runs the batches given for the start", async () => {
    const host = await openTestHost({ sqlite: ["create table t as select 5 as a; create table never(a)"] });
    expect(await sql(host, [["select a from t"], ["select * from never"]])).toEqual([
      rows([5]),
      io("no such table: never"),
    ]);
  });
});
