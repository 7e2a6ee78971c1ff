/** The one thread that commits: takes groups of proposals, and answers a group once its sync is done. */

import migrations from "ledge:migrations";
import type { MessagePort } from "node:worker_threads";
import { commitAll } from "../../lib/store/commit/commit.ts";
import { commitGroup, type GroupMember } from "../../lib/store/commit/group.ts";
import { StoreFault } from "../../lib/store/sqlite/driver.ts";
import type { NodeDb } from "../../lib/store/sqlite/driver-node.ts";
import { type Durability, readDurability } from "../../lib/store/sqlite/durability.ts";
import { migrate } from "../../lib/store/sqlite/migrate.ts";
import { closeWriting, openWriting } from "./journal.ts";
import type { FromThread, NativeThreadSettings, ToThread, WireResult } from "./protocol.ts";

/** Opens the store and brings it up to date. Throws StoreFault. */
export function serveWrites(port: MessagePort, settings: NativeThreadSettings): void {
  const db = openWriting(settings.file, settings);
  // One that is newer than this code is refused by every handler.
  migrate(db, migrations);
  // What a young store holds is in its file, not in the log alone.
  emptyLog(db);
  // No statement of this thread changes it, and no other connection can.
  const durability = readDurability(db);
  const say = (message: FromThread) => port.postMessage(message);
  port.on("message", (message: ToThread) => {
    if (message.type === "commit")
      say({ type: "results", results: commitMembers({ db, durability }, message.members) });
    else if (message.type === "stop") {
      say({ type: "stopped", trouble: closeWriting(db) });
      port.close();
    }
  });
  say({ type: "ready" });
}

/** In order; a purge, which writes the file anew, stands alone between the groups before and after it. */
function commitMembers(
  { db, durability }: { readonly db: NodeDb; readonly durability: Durability },
  members: readonly GroupMember[],
): WireResult[] {
  const results: WireResult[] = [];
  let group: GroupMember[] = [];
  const flush = () => {
    if (group.length === 0) return;
    results.push(
      ...commitGroup(db, group, durability).map((one) =>
        one.ok ? one : ({ ok: false, fault: one.fault.text } as const),
      ),
    );
    group = [];
  };
  for (const member of members) {
    if (!erases(member)) {
      group.push(member);
      continue;
    }
    flush();
    results.push(purge(db, member));
  }
  flush();
  return results;
}

function erases({ proposals }: GroupMember): boolean {
  return proposals.some(({ ops }) => ops.some(({ op }) => op === "erase"));
}

const EMPTY_AGAIN_MS = 1000;
/** How long other commits wait for a reader that keeps the log from being emptied. */
const EMPTY_WAIT_MS = 500;

/** Whether nothing is left in the log, or there is none. */
function emptyLog(db: NodeDb): boolean {
  db.all(`pragma busy_timeout = ${EMPTY_WAIT_MS}`);
  try {
    const [busy] = db.all("pragma wal_checkpoint(truncate)")[0] ?? [];
    return busy !== 1;
  } catch (error) {
    if (error instanceof StoreFault) return false;
    throw error;
  } finally {
    db.all("pragma busy_timeout = 5000");
  }
}

/** Old values lie in the log, too: it is emptied before anybody is told that they are gone. */
function purge(db: NodeDb, { proposals, options }: GroupMember): WireResult {
  try {
    const outcomes = commitAll(db, proposals, options);
    if (emptyLog(db)) return { ok: true, outcomes };
    // A reader holds an old state of the log; it is emptied as soon as that ends.
    const again = setInterval(() => {
      if (!db.raw.open || emptyLog(db)) clearInterval(again);
    }, EMPTY_AGAIN_MS);
    return { ok: true, outcomes: outcomes.map((one) => (one.ok ? { ...one, vacuumed: false } : one)) };
  } catch (error) {
    if (error instanceof StoreFault) return { ok: false, fault: error.text };
    throw error;
  }
}
