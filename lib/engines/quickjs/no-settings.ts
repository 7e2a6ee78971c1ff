/**
 * What config-write and config-plan have in place of lib/core/commit/settings.ts and lib/store/commit/setting-facts.ts: their
 * doors refuse reserved documents before these are asked, and every write on Spin would pay for them. Promise: whatever
 * came so far all the same is a bug, and is not committed.
 */
import type { Facts } from "../../core/commit/facts.ts";

function judgeNone(_: unknown, { settings }: Facts): undefined {
  return settings === null ? undefined : readNone();
}

function readNone(): never {
  throw new Error("this component changes no settings");
}

// Under the names of those that they stand for.
export { judgeNone as judgeSettings, readNone as readSettings };
