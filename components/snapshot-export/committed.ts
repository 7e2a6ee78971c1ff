/**
 * POST /internal/backup/committed: a component of ours has committed a revision and wants it in the bucket. Only
 * service chaining reaches it: the host marks such a request, and no client can. Promise: it is answered by the
 * moment it names, whatever the export does, and the export goes on.
 */
import type { Input } from "../../lib/api/typed.ts";
import { BACKED_UP_HEADER } from "../../lib/core/on-commit.ts";
import type { Later } from "../../lib/engines/starling/serve.ts";
import { textReply } from "../../lib/http/reply.ts";
import { type Answer, isRefusal, type Reply } from "../../lib/http/result.ts";
import type { World } from "../../lib/http/world.ts";
import { readExported } from "../../lib/store/catalogue/exported.ts";
import { runNow } from "./run.ts";
import { sleepFor } from "./sleep-for.ts";
import { answered, type Exporting } from "./with-bucket.ts";

/** How often somebody who waits for another's export looks. */
const LOOK_MS = 50;

/** Exports, and gives the answer: at once, when the revision is there, or when the asker's time is over. */
export async function postCommitted(
  exporting: Exporting,
  { revision, wait, until }: Input<"backUpCommitted">,
  later: Later,
): Promise<Answer> {
  const run = () => answered(exporting, runNow);
  if (!wait) {
    later(async () => void (await run()));
    return textReply(202, JSON.stringify({ revision }));
  }
  const work = exportUntil(exporting.world, { revision, until, run });
  // The revision is there before the tick that brought it has proven and pruned.
  const ended = await Promise.race([work, untilHeld(exporting.world, { revision, until })]);
  if (ended !== undefined) return ended;
  // What becomes of it after the answer is told by `later` alone.
  work.catch(() => {});
  later(async () => void (await work));
  return heldReply(exporting.world);
}

interface Wanted {
  readonly revision: number;
  /** Until when somebody waits, in milliseconds since 1970. */
  readonly until: number;
}

/** Ticks, and waits for the ticks of others, until the revision is in the bucket or the time is over. */
async function exportUntil(
  world: World,
  { revision, until, run }: Wanted & { run: () => Promise<Answer<unknown>> },
): Promise<Answer> {
  const { db, nowMs } = world;
  for (;;) {
    const ran = await run();
    // A refusal of the bucket, or of a fork: waiting does not help.
    if (isRefusal(ran)) return ran;
    for (let seen = readExported(db, nowMs()); ; seen = readExported(db, nowMs())) {
      if ((seen.revision ?? 0) >= revision || nowMs() >= until) return heldReply(world);
      await sleepFor(LOOK_MS);
      if (!seen.leased) break;
    }
  }
}

/** Undefined once the bucket holds the revision, or the time is over. */
async function untilHeld({ db, nowMs }: World, { revision, until }: Wanted): Promise<undefined> {
  while (nowMs() < until && (readExported(db, nowMs()).revision ?? 0) < revision) await sleepFor(LOOK_MS);
  return undefined;
}

function heldReply({ db, nowMs }: World): Reply {
  const { revision } = readExported(db, nowMs());
  const headers = revision === null ? [] : ([[BACKED_UP_HEADER, String(revision)]] as const);
  return textReply(200, JSON.stringify({ revision }), headers);
}
