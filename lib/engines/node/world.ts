/** The outside world as a service reaches it in Node. */
import { createHash, randomFillSync } from "node:crypto";
import type { CallComponent, World } from "../../http/world.ts";
import type { Db } from "../../store/sqlite/driver.ts";

export interface NodeWorld {
  readonly db: Db;
  readonly variables: Readonly<Record<string, string | null>>;
  /** One line of JSON, with its end. */
  readonly write: (line: string) => void;
  readonly chain?: CallComponent;
}

export function nodeWorld({ db, variables, write, chain }: NodeWorld): World {
  return {
    db,
    nowMs: Date.now,
    randomBytes: (length) => randomFillSync(new Uint8Array(length)),
    sleepMs: (ms) => void Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms),
    log: (event, fields) => write(`${JSON.stringify({ event, atMs: Date.now(), ...fields })}\n`),
    sha256: (bytes) => createHash("sha256").update(bytes).digest("hex"),
    variable: (name) => variables[name] ?? undefined,
    ...(chain === undefined ? {} : { chain }),
  };
}
