import { describe, expect, onTestFinished, test } from "vitest";
import { type Db, faultKind, StoreFault } from "../../../lib/store/sqlite/driver.ts";
import { openNodeDb } from "../../../lib/store/sqlite/driver-node.ts";
import { isWalSafe, requireDurable } from "../../../lib/store/sqlite/durability.ts";
import { losesInWal } from "../../../lib/store/sqlite/durability-columns.ts";
import { addNamespace, bootstrap, propose } from "../../../testkit/proposals.ts";
import { openTestStore } from "../../../testkit/store.ts";

// A commit's own error surfaces only at the statement's last step: a driver that steps once and resets reports
// a revision for a commit that never happened. A reader that will not let go is one way to fail there; the other, a
// disk that refuses, is in test/store/commit/crash.test.ts.

describe("requireDurable", () => {
  /** A connection that says of itself what a test wants. */
  const connection = (...row: (string | number | null)[]): Db => ({
    all: (sql) => (sql.startsWith("pragma") ? [] : [row]),
  });
  const judge = (db: Db, acceptWeak = false) => {
    const judged = requireDurable(db, { acceptWeak });
    return judged.ok ? "durable" : judged.code;
  };

  test("takes a file with a rollback journal and synchronous FULL", () => {
    const { db } = openTestStore();
    expect(judge(db)).toBe("durable");
    expect(judge(connection(2, "delete", "/a.db", "3.49.1"))).toBe("durable");
  });

  test("raises a connection with a rollback journal to EXTRA, or takes FULL", () => {
    const { db } = openTestStore();
    db.raw.pragma("synchronous = full");
    expect(judge(db)).toBe("durable");
    expect(db.all("pragma synchronous")).toEqual([[3]]);
    const refusing: Db = {
      all: (sql) => {
        if (sql.startsWith("pragma")) throw new StoreFault("not authorized");
        return [[2, "delete", "/a.db", "3.49.1"]];
      },
    };
    expect(judge(refusing)).toBe("durable");
  });

  test("refuses a database in memory, whatever is accepted", () => {
    const memory = openNodeDb(":memory:");
    onTestFinished(() => memory.close());
    expect(judge(memory)).toBe("store_in_memory");
    expect(judge(memory, true)).toBe("store_in_memory");
  });

  test("refuses synchronous below FULL that cannot be raised, unless a setting takes it", () => {
    const weak = connection(1, "delete", "/a.db", "3.49.1");
    expect(judge(weak)).toBe("not_durable");
    expect(judge(weak, true)).toBe("durable");
  });

  test("refuses a libSQL server that does not sync each commit, and takes one that does", () => {
    expect(judge(connection(1, "wal", "/data", "3.45.1", 1))).toBe("not_durable");
    expect(judge(connection(1, "wal", "/data", "3.45.1", 1), true)).toBe("durable");
    expect(judge(connection(2, "wal", "/data", "3.45.1", 1))).toBe("durable");
  });

  test("refuses a file in WAL mode before SQLite 3.51.3, whose log reset loses commits", () => {
    expect(judge(connection(2, "wal", "/a.db", "3.49.1"))).toBe("not_durable");
    expect(judge(connection(2, "wal", "/a.db", "3.51.2"))).toBe("not_durable");
    expect(judge(connection(2, "wal", "/a.db", "3.51.3"))).toBe("durable");
  });
});

describe("a version that loses commits in WAL", () => {
  const versions = ["3.7.0", "3.9", "3.9.2", "3.40.1", "3.49", "3.50.4", "3.51", "3.51.2"];
  const safe = ["3.51.3", "3.51.10", "3.52", "3.52.0", "3.60.1", "3.100.0", "4.0.0"];

  test.each([...versions, ...safe])("is told by the statement as by the code: %s", (version) => {
    const { db } = openTestStore();
    const [told] = db.all(`select ${losesInWal.replaceAll("sqlite_version()", `'${version}'`)}`)[0] ?? [];
    expect(told).toBe(isWalSafe(version) ? 0 : 1);
  });
});

describe("openNodeDb", () => {
  test("puts a file that another program switched to WAL back to a rollback journal", () => {
    const { db, file } = openTestStore();
    db.raw.pragma("journal_mode = wal");
    db.all("update store set state='open'");
    db.close();
    const again = openNodeDb(file);
    expect(again.all("pragma journal_mode")).toEqual([["delete"]]);
    expect(again.all("pragma synchronous")).toEqual([[3]]);
    again.close();
  });
});

describe("a commit that fails at its very end", () => {
  test("because a reader holds on, is a busy fault, never an answer", () => {
    const { db, file } = openTestStore();
    bootstrap(db);
    addNamespace(db, "shop");
    const impatient = openNodeDb(file, { busyTimeoutMs: 50 });
    onTestFinished(() => impatient.close());
    const reader = openNodeDb(file);
    onTestFinished(() => reader.close());
    reader.all("begin");
    reader.all("select revision from store");
    let fault: unknown;
    try {
      propose(impatient, [{ op: "put", ns: "shop", key: "k", value: "1" }]);
    } catch (error) {
      fault = error;
    }
    expect(fault).toBeInstanceOf(StoreFault);
    expect(fault instanceof StoreFault && faultKind(fault)).toBe("busy");
    reader.all("commit");
    expect(db.all("select revision from store")).toEqual([[2]]);
    expect(propose(impatient, [{ op: "put", ns: "shop", key: "k", value: "1" }])).toMatchObject({
      ok: true,
      revision: 3,
    });
  });
});
