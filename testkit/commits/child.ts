/**
 * A process to be killed, or whose disk fails: sends commits to config-write over a store file, one after the other, and
 * says a line for each answer. Bundled and run by testkit/commits/run.ts; told what to do by the file that it is given.
 */
import { readFileSync, writeSync } from "node:fs";
import { loadMigrations } from "../../build/migrations.ts";
import { openNodeDb } from "../../lib/store/sqlite/driver-node.ts";
import { handlersOf } from "../handlers.ts";
import { worldOver } from "../world.ts";
import { type CommitAsk, sendCommit } from "./ask.ts";

export interface CommitOrder {
  readonly file: string;
  readonly asks: readonly CommitAsk[];
  readonly nowMs: number;
  /** How often one is sent, until it is answered with a revision. */
  readonly attempts: number;
  /** When it begins, by the clock: so that several begin together. */
  readonly beginMs?: number;
  /** Between two commits: who never rests may keep the lock, since SQLite gives nobody a turn. */
  readonly restMs?: number;
}

const order: CommitOrder = JSON.parse(readFileSync(process.argv[2] ?? "", "utf8"));
const db = openNodeDb(order.file, { mustExist: true });
const { write: handle } = handlersOf(loadMigrations("migrations"));
const world = worldOver(db, { nowMs: () => order.nowMs });
sleep((order.beginMs ?? 0) - Date.now());
for (const ask of order.asks) {
  for (let attempt = 1, status = 0; attempt <= order.attempts && status !== 200; attempt += 1) {
    const said = sendCommit(handle, world, ask);
    status = said.status;
    writeSync(1, `${JSON.stringify(said)}\n`);
  }
  sleep(order.restMs ?? 0);
}

function sleep(ms: number): void {
  if (ms > 0) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
}
