/**
 * What a bucket is asked in a day, and what that costs a month: ticks of the real exporter with a clock of their own
 * over a bucket in memory that counts, with proofs and retention as they are by default.
 */
import { randomBytes } from "node:crypto";
import { join } from "node:path";
import { loadMigrations } from "../build/migrations.ts";
import { runTick } from "../lib/backup/export/tick.ts";
import { openNodeDb } from "../lib/store/sqlite/driver-node.ts";
import { migrate } from "../lib/store/sqlite/migrate.ts";
import { type CountedCalls, countingBucket } from "../testkit/counting-bucket.ts";
import { addNamespace, bootstrap, propose } from "../testkit/proposals.ts";
import type { BenchForm, BenchRow } from "./rows.ts";
import { smallDocuments } from "./stores.ts";

interface Schedule {
  readonly work: string;
  readonly tickMs: number;
  readonly changeMs: number;
  /** How long is simulated, after which each hour is as the one before; a day is counted from it. */
  readonly hours: number;
}

const [SECOND, MINUTE, HOUR, DAY] = [1000, 60_000, 3_600_000, 86_400_000];
const DAYS_A_MONTH = 30.4;
/** By default all points stay for two days, and what is not needed for one more. */
const KEPT_DAYS = 3;
const DOCUMENTS = 1000;
const T0 = Date.UTC(2026, 0, 1);
/** USD as large providers list them. */
const PRICES = { write: 0.005 / 1000, read: 0.0004 / 1000, gigabyteMonth: 0.023 };

const SCHEDULES: readonly Schedule[] = [
  { work: "a tick a minute, a change each minute", tickMs: MINUTE, changeMs: MINUTE, hours: 24 },
  { work: "a tick a minute, a change an hour", tickMs: MINUTE, changeMs: HOUR, hours: 24 },
  { work: "a tick every 5 s, a change each 5 s", tickMs: 5 * SECOND, changeMs: 5 * SECOND, hours: 2 },
];

/** The quick form simulates so much less. */
const QUICK_PART = 24;

export async function benchCost(root: string, { full }: BenchForm): Promise<BenchRow[]> {
  const rows: BenchRow[] = [];
  for (const { hours, ...often } of SCHEDULES) {
    const schedule = { ...often, hours: full ? hours : Math.ceil(hours / QUICK_PART) };
    const day = await simulate(root, schedule);
    const month = monthPrice(day);
    const bare = (DAY / schedule.changeMs) * DAYS_A_MONTH * PRICES.write;
    rows.push({
      work: `${schedule.work}: a day (${schedule.hours} h simulated) of a store of ${DOCUMENTS.toLocaleString("en-US")} documents`,
      figure: `${asText(day.asked)}, ${(day.bytes / 1e6).toFixed(0)} MB written: ${dollars(month)} a month`,
      beside: `one PUT a change and nothing else: ${dollars(bare)}`,
      ratio: month / bare,
    });
  }
  return rows;
}

interface Day {
  readonly asked: CountedCalls;
  readonly bytes: number;
}

/** Runs the hours, and what a day of them asks and writes. The first export is not counted. */
async function simulate(root: string, { tickMs, changeMs, hours }: Schedule): Promise<Day> {
  const db = openNodeDb(":memory:");
  migrate(db, loadMigrations(join(root, "migrations")));
  bootstrap(db);
  addNamespace(db, "bench");
  const commit = (documents: Iterable<{ key: string; value: string }>, nowMs: number) => {
    const changes = [...documents].map(
      ({ key, value }) => ({ op: "put", ns: "bench", key, value, if: -1 }) as const,
    );
    const made = propose(db, changes, { nowMs });
    if (!made.ok) throw new Error(`the commit was refused: ${made.code}`);
  };
  commit(smallDocuments(DOCUMENTS), T0);
  const bucket = countingBucket();
  let before = 0;
  for (let nowMs = T0; nowMs <= T0 + hours * HOUR; nowMs += tickMs) {
    if (nowMs > T0 && (nowMs - T0) % changeMs === 0) {
      const number = ((nowMs - T0) / changeMs) % DOCUMENTS;
      commit(
        [{ key: `services/${number}/limits/${number}`, value: `{"enabled":true,"limit":${nowMs}}` }],
        nowMs,
      );
    }
    const outcome = await runTick({
      db,
      bucket,
      target: "t".repeat(64),
      nowMs: () => nowMs,
      randomBytes: (length) => new Uint8Array(randomBytes(length)),
      follow: true,
    });
    if (outcome.state === "stopped") throw new Error(`the export was stopped: ${outcome.finding.detail}`);
    if (nowMs > T0) continue;
    bucket.forget();
    before = bucket.heldBytes();
  }
  db.close();
  const times = 24 / hours;
  const { put, get, list, remove } = bucket.asked();
  const asked = { put: put * times, get: get * times, list: list * times, remove: remove * times };
  return { asked, bytes: (bucket.heldBytes() - before) * times };
}

function monthPrice({ asked: { put, get, list }, bytes }: Day): number {
  const day = (put + list) * PRICES.write + get * PRICES.read;
  return day * DAYS_A_MONTH + ((KEPT_DAYS * bytes) / 1e9) * PRICES.gigabyteMonth;
}

function asText({ put, get, list, remove }: CountedCalls): string {
  const counts = { PUT: put, GET: get, LIST: list, DELETE: remove };
  return Object.entries(counts)
    .map(([name, number]) => `${number.toLocaleString("en-US")} ${name}`)
    .join(", ");
}

function dollars(amount: number): string {
  return `${amount.toFixed(amount < 0.1 ? 3 : 2)} USD`;
}
