/** The journal of a store that the native engine owns. */
import { existsSync, statSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { commitGroup } from "../../../lib/store/commit/group.ts";
import { type NodeDb, openNodeDb } from "../../../lib/store/sqlite/driver-node.ts";
import { migrate } from "../../../lib/store/sqlite/migrate.ts";
import {
  closeWriting,
  isNetworkFileSystem,
  openBeside,
  openWriting,
} from "../../../programs/native/journal.ts";
import { noCommits } from "../../../programs/native/store-watch.ts";
import { openTestHost, root, testFolder } from "../../../testkit/host.ts";
import { testNativeEngine } from "../../../testkit/native.ts";
import { addNamespace, bootstrap, proposalOf } from "../../../testkit/proposals.ts";
import { checkStore, committedMigrations } from "../../../testkit/store.ts";

const WAL = { wal: true, commits: noCommits() };

function openStore(): { readonly file: string; readonly writer: NodeDb } {
  const file = join(testFolder(), "ledge.db");
  const writer = openWriting(file, WAL);
  onTestFinished(() => {
    if (writer.raw.open) writer.close();
  });
  migrate(writer, committedMigrations());
  bootstrap(writer);
  addNamespace(writer, "shop");
  return { file, writer };
}

function putMany(db: NodeDb, from: number, count: number): void {
  for (let n = from; n < from + count; n += 1) {
    const proposal = proposalOf([{ op: "put", ns: "shop", key: `k${n}`, value: "v".repeat(8000), if: 0 }]);
    const [result] = commitGroup(db, [{ proposals: [proposal], options: {} }]);
    expect(result).toMatchObject({ ok: true, outcomes: [{ ok: true }] });
  }
}

const journalOf = (db: NodeDb) => db.all("pragma journal_mode")[0]?.[0];

describe("the log", () => {
  test("holds durable commits, and is gone after a clean end", () => {
    const { file, writer } = openStore();
    expect(Number(writer.all("pragma synchronous")[0]?.[0])).toBeGreaterThanOrEqual(2);
    putMany(writer, 0, 3);
    expect(existsSync(`${file}-wal`)).toBe(true);
    expect(closeWriting(writer)).toBeUndefined();
    expect(existsSync(`${file}-wal`)).toBe(false);
    const db = openNodeDb(file, { mustExist: true });
    expect(journalOf(db)).toBe("delete");
    checkStore(db);
    db.close();
  });

  test("stays where another has the file open at the end, and that is told", () => {
    const { file, writer } = openStore();
    const other = openBeside(file, WAL);
    writer.all("pragma busy_timeout = 0");
    expect(closeWriting(writer)).toMatch(/stayed in WAL mode, since another process has it open/);
    other.close();
    const next = openNodeDb(file, { mustExist: true });
    expect(journalOf(next)).toBe("delete");
    checkStore(next);
    next.close();
  });

  test("grows while a reader keeps an old state, and begins anew after it", () => {
    const { file, writer } = openStore();
    const reader = openBeside(file, WAL);
    reader.all("begin");
    const before = reader.all("select count(*) from entry");
    putMany(writer, 0, 600);
    expect(reader.all("select count(*) from entry")).toEqual(before);
    const held = statSync(`${file}-wal`).size;
    expect(held).toBeGreaterThan(2 * 1000 * 4096);
    reader.all("rollback");
    expect(reader.all("select count(*) from entry where namespace='shop'")).toEqual([[600]]);
    // The next commits are written over what is in the file by now.
    putMany(writer, 600, 200);
    expect(statSync(`${file}-wal`).size).toBeLessThan(1.1 * held);
    reader.close();
  });
});

describe("a file system", () => {
  test.each([
    { name: "NFS", type: 0x6969, network: true },
    { name: "CIFS, whose number is negative where it is signed", type: 0xff534d42 | 0, network: true },
    { name: "ext4", type: 0xef53, network: false },
    { name: "tmpfs", type: 0x01021994, network: false },
  ])("is of a network or not: $name", ({ type, network }) => {
    expect(isNetworkFileSystem(type)).toBe(network);
  });

  test("that does not share memory has the rollback journal, and all works", async () => {
    const engine = testNativeEngine({ wal: false });
    const host = await openTestHost({ manifest: join(root, "spin.toml"), engine });
    expect((await fetch(`${host.url}/readyz`)).status).toBe(200);
    const db = openNodeDb(host.databaseFile, { readonly: true });
    expect(journalOf(db)).toBe("delete");
    db.close();
  });
});
