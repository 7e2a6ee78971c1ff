import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import Database from "better-sqlite3";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { faultKind, StoreFault } from "../../../lib/store/sqlite/driver.ts";
import { openNodeDb } from "../../../lib/store/sqlite/driver-node.ts";

let folder = "";
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "ledge-driver-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

describe("openNodeDb", () => {
  test("keeps whole numbers integers, and the other types what they are", () => {
    const db = openNodeDb(":memory:");
    const bytes = new Uint8Array([0, 255]);
    const sql = "select typeof(?1), ?1, typeof(?2), ?2, typeof(?3), ?3, ?4, ?5";
    expect(db.all(sql, [1, 1.5, "é", bytes, null])).toEqual([
      ["integer", 1, "real", 1.5, "text", "é", bytes, null],
    ]);
    expect(db.all("select x'0102'")[0]?.[0]?.constructor).toBe(Uint8Array);
    db.close();
  });

  test("sets rollback journal and synchronous EXTRA, also on a file that was WAL", () => {
    const file = join(folder, "a.db");
    const before = new Database(file);
    before.pragma("journal_mode = wal");
    before.exec("create table t(a)");
    before.close();
    const db = openNodeDb(file);
    expect(db.all("pragma journal_mode")).toEqual([["delete"]]);
    expect(db.all("pragma synchronous")).toEqual([[3]]);
    expect(db.all("pragma foreign_keys")).toEqual([[1]]);
    db.close();
  });

  test("returns no rows from a statement without any, and rows from RETURNING", () => {
    const db = openNodeDb(":memory:");
    expect(db.all("create table t(a integer primary key, b text)")).toEqual([]);
    expect(db.all("insert into t(b) values(?),(?) returning a, b", ["x", "y"])).toEqual([
      [1, "x"],
      [2, "y"],
    ]);
    db.close();
  });

  test("throws StoreFault with the engine's words, TypeError for what cannot be bound", () => {
    const db = openNodeDb(":memory:");
    db.all("create table t(a unique)");
    db.all("insert into t values(1)");
    expect(() => db.all("insert into t values(1)")).toThrow(StoreFault);
    expect(() => db.all("selct 1")).toThrow(StoreFault);
    expect(() => db.all("select ?", [])).toThrow(StoreFault);
    expect(() => db.all("select 9007199254740993")).toThrow(StoreFault);
    // @ts-expect-error booleans are a bug of the caller
    expect(() => db.all("select ?", [true])).toThrow(TypeError);
    // @ts-expect-error and so is undefined
    expect(() => db.all("select ?", [undefined])).toThrow(TypeError);
    db.close();
  });

  test("gives one value by texts, and a StoreFault where SQLite gives none", () => {
    const db = openNodeDb(":memory:");
    db.all("create table t(a text primary key, b text)");
    db.all("insert into t values ('x','é'),('y',null)");
    const sql = "select b from t where a=?";
    expect(["x", "y", "z", "x"].map((one) => db.textBy(sql, one))).toEqual(["é", null, undefined, "é"]);
    expect(() => db.textBy(sql)).toThrow(StoreFault);
    expect(() => db.textBy("select b from nothing where a=?", "x")).toThrow(StoreFault);
    db.close();
    expect(() => db.textBy(sql, "x")).toThrow(StoreFault);
  });

  test("says busy when a RETURNING statement commits while another holds the lock", () => {
    const file = join(folder, "a.db");
    const db = openNodeDb(file, { busyTimeoutMs: 1 });
    db.all("create table t(a)");
    const reader = new Database(file);
    reader.exec("begin; select * from t");
    let fault: unknown;
    try {
      db.all("insert into t values(1) returning a");
    } catch (error) {
      fault = error;
    }
    expect(fault).toBeInstanceOf(StoreFault);
    if (fault instanceof StoreFault) expect(faultKind(fault)).toBe("busy");
    reader.exec("commit");
    expect(db.all("select count(*) from t")).toEqual([[0]]);
    reader.close();
    db.close();
  });
});
