/**
 * What config-write has in place of settings.ts and reserved-access.ts in lib/core/commit and of setting-facts.ts, erased.ts,
 * note-purge.ts and member-facts.ts in lib/store/commit: its doors refuse reserved documents and purges before these are
 * asked, a guest commits nothing in groups, and every write on Spin would pay for them. Promise: whatever came so far all
 * the same is a bug, and is not committed.
 */
import type { Facts } from "../../core/commit/facts.ts";

function judgeNone(_: unknown, { settings }: Facts): undefined {
  return settings === null ? undefined : readNone();
}

function readNone(): never {
  throw new Error("this component neither changes settings, nor purges, nor commits in groups");
}

// Under the names of those that they stand for.
export {
  judgeNone as judgeSettings,
  readNone as gatherMemberFacts,
  readNone as judgeReserved,
  readNone as mayAdminister,
  readNone as notePurge,
  readNone as overwriteFreed,
  readNone as readSettings,
  readNone as writeAnew,
};
