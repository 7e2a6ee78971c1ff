/**
 * What backups cost: requests to the bucket a day and their price a month, counted over simulated days of ticks
 * with the real exporter and a clock of its own; and what a tick costs by how much changed and how large the store
 * is. Requests are counted, not timed, so the first table is the same on every machine.
 */
import { randomBytes } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { runTick } from "../lib/backup/export-tick.ts";
import type { Db } from "../lib/store/driver.ts";
import type { NodeDb } from "../lib/store/driver-node.ts";
import { type Asked, mapBucket } from "./map-bucket.ts";
import type { Row } from "./rows.ts";
import { makeStore, putAll } from "./stores.ts";

const DAY_MS = 86_400_000;
const START_MS = 1_760_000_000_000;
/** US dollars: a thousand PUTs or LISTs, a thousand GETs, a gigabyte a month; deletes are free. */
const PRICES = { write: 0.005, read: 0.0004, gigabyte: 0.023 };

interface Schedule {
  readonly name: string;
  readonly tickMs: number;
  readonly changeMs: number;
  /** How much of a day is simulated; counts are scaled to a whole one. The daily replay adds some 100 GETs to it. */
  readonly days: number;
}

const SCHEDULES: readonly Schedule[] = [
  { name: "a tick a minute, a change an hour", tickMs: 60_000, changeMs: 3_600_000, days: 1 },
  { name: "a tick a minute, a change a minute", tickMs: 60_000, changeMs: 60_000, days: 1 / 4 },
  { name: "a tick every 5 s, a change every 5 s", tickMs: 5000, changeMs: 5000, days: 1 / 48 },
];

export async function benchCost(root: string): Promise<Row[]> {
  const rows: Row[] = [];
  for (const schedule of SCHEDULES) rows.push(await simulate(root, schedule));
  rows.push(...(await ticks(root)));
  return rows;
}

async function simulate(root: string, { name, tickMs, changeMs, days }: Schedule): Promise<Row> {
  return withStore(root, 1000, async (db) => {
    const bucket = mapBucket();
    let nowMs = START_MS;
    const tick = () => tickOnce(db, bucket, () => nowMs);
    await tick();
    Object.assign(bucket.asked, { puts: 0, gets: 0, lists: 0, deletes: 0, putBytes: 0 });
    let changedMs = nowMs;
    for (const endMs = nowMs + days * DAY_MS; nowMs < endMs; nowMs += tickMs) {
      if (nowMs - changedMs >= changeMs) {
        putAll(db, [{ key: "doc/7", value: `{"at":${nowMs}}` }]);
        changedMs = nowMs;
      }
      await tick();
    }
    const { puts, gets, lists } = bucket.asked;
    const perDay = (count: number) => Math.round(count / days).toLocaleString("en-US");
    const money = (30 / days) * priceOf(bucket.asked) + (bucket.heldBytes() / 1e9) * PRICES.gigabyte;
    return {
      work: `requests a day: ${name}`,
      figure: `${perDay(puts)} PUT, ${perDay(gets)} GET, ${perDay(lists)} LIST`,
      beside: `${money.toFixed(2)} USD a month`,
      ratio: undefined,
    };
  });
}

function priceOf({ puts, gets, lists }: Asked): number {
  return ((puts + lists) * PRICES.write + gets * PRICES.read) / 1000;
}

/** A tick after 1 and after 1,000 changes, in a small store and in a large one: proof included. */
async function ticks(root: string): Promise<Row[]> {
  const rows: Row[] = [];
  const small = new Map<number, number>();
  for (const documents of [1000, 100_000]) {
    await withStore(root, documents, async (db) => {
      const bucket = mapBucket();
      let nowMs = START_MS;
      const clock = () => nowMs;
      await tickOnce(db, bucket, clock);
      nowMs += 60_000;
      await tickOnce(db, bucket, clock);
      for (const changes of [1, 1000]) {
        const taken: number[] = [];
        for (let run = 0; run < 7; run += 1) {
          nowMs += 60_000;
          putAll(
            db,
            Array.from({ length: changes }, (_, at) => ({
              key: `doc/${at}`,
              value: `{"run":${run},"at":${nowMs}}`,
            })),
          );
          const startedMs = performance.now();
          await tickOnce(db, bucket, clock);
          taken.push(performance.now() - startedMs);
        }
        const ms = taken.sort((left, right) => left - right)[3] ?? 0;
        const before = small.get(changes);
        if (before === undefined) small.set(changes, ms);
        rows.push({
          work: `tick after ${changes} change${changes === 1 ? "" : "s"} in a store of ${documents.toLocaleString("en-US")}, in Node`,
          figure: `${ms.toFixed(1)} ms`,
          beside: before === undefined ? "" : `the same in a store of 1,000: ${before.toFixed(1)} ms`,
          ratio: before === undefined ? undefined : ms / before,
        });
      }
    });
  }
  return rows;
}

async function withStore<T>(root: string, documents: number, work: (db: NodeDb) => Promise<T>): Promise<T> {
  const dir = mkdtempSync(join(tmpdir(), "ledge-bench-"));
  const { db } = makeStore(root, dir);
  try {
    putAll(
      db,
      Array.from({ length: documents }, (_, at) => ({
        key: `doc/${at}`,
        value: `{"number":${at},"pad":"${"x".repeat(100)}"}`,
      })),
    );
    return await work(db);
  } finally {
    db.close();
    rmSync(dir, { recursive: true, force: true });
  }
}

function tickOnce(db: Db, bucket: ReturnType<typeof mapBucket>, nowMs: () => number) {
  return runTick({
    db,
    bucket,
    target: "b".repeat(64),
    nowMs,
    randomBytes: (length) => new Uint8Array(randomBytes(length)),
  });
}
