/** The outside world for handlers that a test calls in its own process. */
import { createHash, randomBytes } from "node:crypto";
import type { World } from "../lib/http/world.ts";

/** The clock of this machine, no sleep, no log and no variables, unless `over` says otherwise. */
export function worldOver(db: World["db"], over: Partial<World> = {}): World {
  return {
    db,
    nowMs: () => Date.now(),
    randomBytes: (length) => new Uint8Array(randomBytes(length)),
    sleepMs: () => {},
    log: () => {},
    variable: () => undefined,
    sha256: (bytes) => createHash("sha256").update(bytes).digest("hex"),
    ...over,
  };
}
