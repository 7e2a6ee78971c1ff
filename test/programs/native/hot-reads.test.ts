/** What is kept of reads in memory, and when it is given up. */
import { describe, expect, test } from "vitest";
import { viewHead } from "../../../lib/store/documents/view.ts";
import { keepBeacons } from "../../../lib/store/fleet/beacons.ts";
import type { Db } from "../../../lib/store/sqlite/driver.ts";
import { openNodeDb } from "../../../lib/store/sqlite/driver-node.ts";
import { hotReads } from "../../../programs/native/hot-reads.ts";
import { StoreWatch } from "../../../programs/native/store-watch.ts";
import { openWatchedStore } from "../../../testkit/native.ts";
import { propose } from "../../../testkit/proposals.ts";

/** A reader with its memory, the count of what reached SQLite, and a connection that writes. */
function openHot() {
  const { file, commits, writer, reader } = openWatchedStore();
  let asked = 0;
  const all: Db["all"] = (sql, params) => {
    if (!sql.startsWith("pragma")) asked += 1;
    return reader.all(sql, params);
  };
  const hot = hotReads({ all }, new StoreWatch({ all }, commits));
  const put = (db: Db, key: string, value: string) =>
    propose(db, [{ op: "put", ns: "shop", key, value, if: -1 }]);
  const read = (key: string) => {
    const view = viewHead(hot, { namespace: "shop", key, accessor: null, known: null });
    return view.document === null ? null : Buffer.from(view.document.bytes ?? []).toString();
  };
  return { file, writer, reader, put, read, asked: () => asked };
}

describe("a document that is read again", () => {
  test("comes from memory, and from the store after any commit of this process", () => {
    const { writer, put, read, asked } = openHot();
    put(writer, "a", "1");
    expect([read("a"), read("a"), read("none"), read("none")]).toEqual(["1", "1", null, null]);
    expect(asked()).toBe(2);
    put(writer, "a", "2");
    expect([read("a"), read("a")]).toEqual(["2", "2"]);
    expect(asked()).toBe(3);
  });

  test("stays while edges report on this connection, as the engine's own does", () => {
    const { reader, put, read, asked } = openHot();
    put(reader, "a", "1");
    expect(read("a")).toBe("1");
    const before = asked();
    const place = { namespace: "shop", lineage: "0".repeat(32), revision: 1 };
    const beacon = { edge: "fra-1", atMs: 1, version: "1", source: "origin", ...place } as const;
    expect(keepBeacons(reader, [beacon], { nowMs: 1, keptMax: 10 })).toBe(1);
    expect([read("a"), asked()]).toEqual(["1", before]);
    put(reader, "a", "2");
    expect(read("a")).toBe("2");
  });

  test("comes from the store soon after a commit of another process", async () => {
    const { file, put, read } = openHot();
    const other = openNodeDb(file, { wal: true });
    put(other, "a", "1");
    expect(read("a")).toBe("1");
    put(other, "a", "2");
    await expect.poll(() => read("a")).toBe("2");
    other.close();
  });

  test("is kept within bounds: a large one is not, and of many those that are asked for", () => {
    const { writer, put, read, asked } = openHot();
    put(writer, "large", "x".repeat(100_000));
    expect([read("large")?.length, read("large")?.length]).toEqual([100_000, 100_000]);
    expect(asked()).toBe(2);
    read("once");
    for (let n = 0; n < 5000; n += 1) {
      read(`k${n}`);
      read("again");
    }
    const before = asked();
    read("again");
    expect(asked()).toBe(before);
    read("once");
    expect(asked()).toBe(before + 1);
  });
});
