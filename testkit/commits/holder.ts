/**
 * A process that keeps a store's file locked until it is ended: told how by its argument. It says `held` once it has
 * the lock. `turns` gives the lock back and takes it again at once, as a crowd of writers does.
 */
import { writeSync } from "node:fs";
import { openNodeDb } from "../../lib/store/sqlite/driver-node.ts";

export type Holding = "writing" | "reading" | "turns";

const TURN_MS = 300;
const [file = "", holding] = process.argv.slice(2);
const db = openNodeDb(file, { mustExist: true });
const sleeper = new Int32Array(new SharedArrayBuffer(4));
db.all(holding === "reading" ? "begin" : "begin immediate");
db.all("select revision from store");
writeSync(1, "held\n");
for (;;) {
  Atomics.wait(sleeper, 0, 0, TURN_MS);
  if (holding !== "turns") continue;
  db.all("commit");
  db.all("begin immediate");
}
