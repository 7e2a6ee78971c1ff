/**
 * What a bucket is asked in a day, and what that costs a month: ticks of the real exporter with a clock of their own
 * over a bucket in memory that counts, with proofs and retention as they are by default.
 */
import { randomBytes } from "node:crypto";
import { join } from "node:path";
import { loadMigrations } from "../build/migrations.ts";
import { runTick } from "../lib/backup/export-tick.ts";
import { openNodeDb } from "../lib/store/driver-node.ts";
import { migrate } from "../lib/store/migrate.ts";
import { addNamespace, bootstrap, propose } from "../test/support/proposals.ts";
import { type Asked, memoryBucket } from "./memory-bucket.ts";
import type { Row } from "./rows.ts";
import { smallDocuments } from "./stores.ts";

interface Schedule {
  readonly work: string;
  readonly tickMs: number;
  readonly changeMs: number;
  /** Days until pruning removes as much as is written, and the one that is measured. */
  readonly days: number;
}

const [SECOND, MINUTE, HOUR, DAY] = [1000, 60_000, 3_600_000, 86_400_000];
const DAYS_A_MONTH = 30.4;
const DOCUMENTS = 1000;
const T0 = Date.UTC(2026, 0, 1);
/** USD as large providers list them. */
const PRICES = { write: 0.005 / 1000, read: 0.0004 / 1000, gigabyteMonth: 0.023 };

const SCHEDULES: readonly Schedule[] = [
  { work: "a tick a minute, a change each minute", tickMs: MINUTE, changeMs: MINUTE, days: 5 },
  { work: "a tick a minute, a change an hour", tickMs: MINUTE, changeMs: HOUR, days: 5 },
  { work: "a tick every 5 s, a change each 5 s", tickMs: 5 * SECOND, changeMs: 5 * SECOND, days: 1 },
];

export async function benchCost(root: string): Promise<Row[]> {
  const rows: Row[] = [];
  for (const schedule of SCHEDULES) {
    const day = await simulate(root, schedule);
    const month = monthPrice(day.asked, day.heldBytes);
    const bare = (DAY / schedule.changeMs) * DAYS_A_MONTH * PRICES.write;
    rows.push({
      work: `${schedule.work}: day ${schedule.days} of a store of ${DOCUMENTS.toLocaleString("en-US")} documents`,
      figure: `${asText(day.asked)}, ${(day.heldBytes / 1e6).toFixed(0)} MB held: ${dollars(month)} a month`,
      beside: `one PUT a change and nothing else: ${dollars(bare)}`,
      ratio: month / bare,
    });
  }
  return rows;
}

/** Runs the days; what was asked on the last one, and what the bucket holds at its end. */
async function simulate(
  root: string,
  { tickMs, changeMs, days }: Schedule,
): Promise<{ asked: Asked; heldBytes: number }> {
  const db = openNodeDb(":memory:");
  migrate(db, loadMigrations(join(root, "migrations")));
  bootstrap(db);
  addNamespace(db, "bench");
  const put = (documents: Iterable<{ key: string; value: string }>, nowMs: number) => {
    const changes = [...documents].map(
      ({ key, value }) => ({ op: "put", ns: "bench", key, value, if: -1 }) as const,
    );
    const made = propose(db, changes, { nowMs });
    if (!made.ok) throw new Error(`the commit was refused: ${made.code}`);
  };
  put(smallDocuments(DOCUMENTS), T0);
  const bucket = memoryBucket();
  for (let nowMs = T0 + tickMs; nowMs <= T0 + days * DAY; nowMs += tickMs) {
    if (nowMs - tickMs === T0 + (days - 1) * DAY) bucket.forget();
    if ((nowMs - T0) % changeMs === 0) {
      const number = ((nowMs - T0) / changeMs) % DOCUMENTS;
      put(
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
  }
  db.close();
  return { asked: bucket.asked(), heldBytes: bucket.heldBytes() };
}

function monthPrice({ put, get, list }: Asked, heldBytes: number): number {
  const day = (put + list) * PRICES.write + get * PRICES.read;
  return day * DAYS_A_MONTH + (heldBytes / 1e9) * PRICES.gigabyteMonth;
}

function asText({ put, get, list, remove }: Asked): string {
  const counts = { PUT: put, GET: get, LIST: list, DELETE: remove };
  return Object.entries(counts)
    .map(([name, number]) => `${number.toLocaleString("en-US")} ${name}`)
    .join(", ");
}

function dollars(amount: number): string {
  return `${amount.toFixed(amount < 0.1 ? 3 : 2)} USD`;
}
