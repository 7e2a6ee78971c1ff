import { spawnSync } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { build } from "esbuild";
import { beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { type Db, faultKind, StoreFault } from "../../../lib/store/sqlite/driver.ts";
import { openNodeDb } from "../../../lib/store/sqlite/driver-node.ts";
import { requireDurable } from "../../../lib/store/sqlite/durability.ts";
import { addNamespace, bootstrap, propose } from "../../../testkit/proposals.ts";
import { openTestStore } from "../../../testkit/store.ts";

// A commit's own error surfaces only at the statement's last step: a driver that steps once and resets reports
// a revision for a commit that never happened. Both ways to fail at commit are shown: a reader that will not
// let go, and a disk that refuses to sync.

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

  test("raises a connection with a rollback journal to EXTRA, and takes FULL where it cannot be", () => {
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

  test("refuses synchronous below FULL that cannot be raised, unless a setting accepts it", () => {
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

const strace = spawnSync("strace", ["-e", "inject=fsync:error=EIO:when=99", "true"]).status === 0;
describe.skipIf(!strace)("a commit and the disk under it (needs strace)", () => {
  const program = resolve(".cache/test/commit-once.mjs");
  beforeAll(async () => {
    mkdirSync(".cache/test", { recursive: true });
    writeFileSync(
      ".cache/test/commit-once.ts",
      `import { openNodeDb } from "../../lib/store/sqlite/driver-node.ts"; import { propose } from "../../testkit/proposals.ts";
         const db = openNodeDb(process.argv[2] ?? "");
         try { const made = propose(db, [{ op: "put", ns: "shop", key: "k", value: process.argv[3] ?? "" }]);
           console.log(made.ok ? "acked " + made.revision : made.code); } catch { console.log("fault"); }`,
    );
    await build({
      entryPoints: [".cache/test/commit-once.ts"],
      outfile: program,
      bundle: true,
      platform: "node",
      format: "esm",
      packages: "external",
    });
  });

  test("has synced the folder after its journal went, before it is acknowledged", () => {
    const { db, dir } = openTestStore();
    bootstrap(db);
    addNamespace(db, "shop", { blindWrites: true });
    const log = join(dir, "calls");
    const calls = "trace=unlink,unlinkat,fsync,fdatasync,write";
    spawnSync("strace", [
      "-f",
      "-y",
      "-o",
      log,
      "-e",
      calls,
      process.execPath,
      program,
      join(dir, "ledge.db"),
      "v",
    ]);
    const lines = readFileSync(log, "utf8").split("\n");
    const acked = lines.findIndex((line) => line.includes('"acked'));
    const gone = lines.findLastIndex((line) => /unlink.*ledge\.db-journal/.test(line));
    const synced = lines.findLastIndex(
      (line) => /fd?a?t?a?sync\(\d+<[^>]*>/.test(line) && line.includes(`<${dir}>`),
    );
    expect(gone).toBeGreaterThan(0);
    expect(synced).toBeGreaterThan(gone);
    expect(acked).toBeGreaterThan(synced);
  });

  test("is a fault for every sync that fails, and what was acknowledged is there", () => {
    const { db, dir } = openTestStore();
    bootstrap(db);
    addNamespace(db, "shop", { blindWrites: true });
    const file = join(dir, "ledge.db");
    const outcomes: string[] = [];
    for (let nth = 1; nth <= 6; nth += 1) {
      const ran = spawnSync(
        "strace",
        [
          "-f",
          "-o",
          "/dev/null",
          "-e",
          "trace=fsync,fdatasync",
          "-e",
          `inject=fsync,fdatasync:error=EIO:when=${nth}`,
          process.execPath,
          program,
          file,
          `value ${nth}`,
        ],
        { encoding: "utf8" },
      );
      const said = ran.stdout.trim();
      outcomes.push(said);
      const there = new TextDecoder().decode(
        (db.all("select value from entry where key='k' and namespace='shop'")[0]?.[0] ??
          new Uint8Array()) as Uint8Array,
      );
      if (said.startsWith("acked")) expect(there).toBe(`value ${nth}`);
      expect(db.all("pragma integrity_check")).toEqual([["ok"]]);
    }
    expect(outcomes.filter((said) => said === "fault").length).toBeGreaterThan(0);
    expect(outcomes.at(-1)).toMatch(/^acked/);
  });
});
