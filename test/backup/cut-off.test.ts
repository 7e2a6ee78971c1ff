import { createServer } from "node:net";
import { beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { LEASE_MS } from "../../lib/store/catalogue/lease.ts";
import { readBackupStatus } from "../../lib/store/catalogue/status.ts";
import { type Db, StoreFault } from "../../lib/store/sqlite/driver.ts";
import type { NodeDb } from "../../lib/store/sqlite/driver-node.ts";
import { askAs } from "../../testkit/ask.ts";
import { begin, fill, openQuickStore, put, tick } from "../../testkit/backup.ts";
import { memoryBucket } from "../../testkit/bucket.ts";
import { variablesOf } from "../../testkit/bucket-settings.ts";
import { buildFor, LEDGE_MANIFEST } from "../../testkit/host.ts";
import { endLease } from "../../testkit/operation.ts";
import { giveToken, T0, tokenOf } from "../../testkit/proposals.ts";
import { openServedStore } from "../../testkit/served-store.ts";

const TICKER = tokenOf("t");
const ask = askAs(TICKER);

beforeAll(() => buildFor(LEDGE_MANIFEST, ["snapshot-export"]));

/** A bucket that takes connections and never answers. */
async function openSilentBucket(): Promise<string> {
  const server = createServer((socket) => {
    socket.on("error", () => {});
    onTestFinished(() => {
      socket.destroy();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => void server.close());
  const address = server.address();
  return `http://127.0.0.1:${typeof address === "object" ? address?.port : 0}`;
}

/** The store, but for statements that fail. */
function failingAt(db: NodeDb, which: RegExp | (() => RegExp | false), words: string): Db {
  return {
    all(sql, params) {
      const pattern = which instanceof RegExp ? which : which();
      if (pattern !== false && pattern.test(sql)) throw new StoreFault(words);
      return db.all(sql, params);
    },
  };
}

/** A run that died has left its lease, whose time is over. */
const statusAt = (db: NodeDb, nowMs: number) => readBackupStatus(db, nowMs, true);

describe("an exporter that is cut off", () => {
  test("stands in the status from the next run on", async () => {
    const silent = { endpoint: await openSilentBucket(), bucketName: "b" };
    const { db, host } = await openServedStore(
      (store) => {
        begin(store);
        put(store, "k", "v");
        giveToken(store, TICKER, ["backup"]);
      },
      {
        tickTimeoutMs: 4000,
        variables: variablesOf({ ...silent, accessKeyId: "k", secretAccessKey: "s" }),
      },
    );
    const run = () => ask(host, "POST", "/v1/backup/run");
    const status = async () => (await ask(host, "GET", "/v1/backup/status")).json;
    expect((await run()).status).toBe(503);
    expect(await status()).toMatchObject({ lastError: null });
    endLease(db, Date.now());
    expect((await run()).status).toBe(503);
    expect(await status()).toMatchObject({
      state: "failing",
      lastError: { code: "internal", detail: expect.stringContaining("ended without an answer") },
    });
  });

  test("is forgotten after a run that succeeds, and is no error when nothing was left", async () => {
    const { db } = openQuickStore();
    fill(db);
    const bucket = memoryBucket();
    endLease(db, T0);
    let during: unknown;
    bucket.before = () => {
      during ??= statusAt(db, T0).lastError?.code;
    };
    expect(await tick(db, bucket)).toMatchObject({ state: "exported" });
    expect(during).toBe("internal");
    expect(statusAt(db, T0)).toMatchObject({ state: "ok", lastError: null });
    endLease(db, T0);
    expect(await tick(db, bucket)).toMatchObject({ state: "nothing_new" });
    expect(statusAt(db, T0)).toMatchObject({ state: "ok", lastError: null });
  });

  const failures = [
    { words: "database or disk is full", code: "storage_full" },
    { words: "out of memory", code: "internal" },
    { words: "database is locked", code: "busy" },
  ];
  test.each(failures)(
    "says that the store failed ($words), once it can keep a note",
    async ({ words, code }) => {
      const { db } = openQuickStore();
      fill(db);
      const bucket = memoryBucket();
      const failing = failingAt(db, /insert into "?backup_object/i, words);
      await expect(tick(failing, bucket)).rejects.toBeInstanceOf(StoreFault);
      expect(statusAt(db, T0)).toMatchObject({ state: "failing", lastError: { code } });
      expect(await tick(db, bucket)).toMatchObject({ state: "exported" });
      expect(statusAt(db, T0)).toMatchObject({ state: "ok", lastError: null });
    },
  );

  test("says it by its lease where the store takes no notes at all", async () => {
    const { db } = openQuickStore();
    fill(db);
    const bucket = memoryBucket();
    let full = false;
    bucket.before = () => {
      full = true;
    };
    const failing = failingAt(db, () => full && /^(insert|update|delete)/i, "database or disk is full");
    await expect(tick(failing, bucket)).rejects.toBeInstanceOf(StoreFault);
    expect(statusAt(db, T0 + LEASE_MS)).toMatchObject({
      state: "failing",
      lastError: { code: "internal", detail: expect.stringContaining("ended without an answer") },
    });
    bucket.before = () => {};
    expect(await tick(db, bucket, { nowMs: T0 + LEASE_MS })).toMatchObject({ state: "exported" });
    expect(statusAt(db, T0 + LEASE_MS)).toMatchObject({ state: "ok", lastError: null });
  });

  test("says so itself where it can: whatever it threw stands in the status", async () => {
    const { db } = openQuickStore();
    fill(db);
    const bucket = memoryBucket();
    bucket.before = () => {
      throw "out of memory";
    };
    await expect(tick(db, bucket)).rejects.toBe("out of memory");
    expect(statusAt(db, T0)).toMatchObject({ state: "failing", lastError: { code: "internal" } });
    bucket.before = () => {};
    expect(await tick(db, bucket)).toMatchObject({ state: "exported" });
    expect(statusAt(db, T0).lastError).toBe(null);
  });
});
