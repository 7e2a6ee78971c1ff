/**
 * POST /internal/backup/committed: a component of ours has committed a revision and wants it in the bucket. Only
 * service chaining reaches it: the host marks such a request, and no client can. Promise: it is answered by the
 * moment it names, whatever the export does, and the export goes on.
 */

import type { HttpReply, HttpRequest } from "../../lib/core/http.ts";
import { BACKED_UP_HEADER } from "../../lib/core/on-commit.ts";
import { parseQuery } from "../../lib/core/query.ts";
import { refuse } from "../../lib/core/refusal.ts";
import type { Later } from "../../lib/engines/starling/serve.ts";
import { type Answer, type Door, isRefusal } from "../../lib/http/answer.ts";
import { judgeStore } from "../../lib/http/caller.ts";
import { jsonReply } from "../../lib/http/reply.ts";
import type { Route, Target } from "../../lib/http/route.ts";
import type { World } from "../../lib/http/world.ts";
import { readExported } from "../../lib/store/catalogue/exported.ts";
import { readView } from "../../lib/store/documents/view.ts";
import { type BackupSettings, requireBucket } from "./admit.ts";

export interface CommittedAsk {
  readonly revision: number;
  /** Until when the asker waits; null when it does not. */
  readonly untilMs: number | null;
  readonly settings: BackupSettings;
}

export interface Follow {
  readonly world: World;
  readonly later: Later;
  /** One tick, as for anybody who asks. */
  readonly run: () => Promise<() => Answer>;
}

/** How often somebody who waits for another's export looks. */
const LOOK_MS = 50;

/** The route, for a request that was chained; nothing for the others, to whom there is no such path. */
export function committedRoutes(
  request: HttpRequest,
  admit: (ask: CommittedAsk) => HttpReply,
): readonly Route[] {
  if (!isChained(request)) return [];
  const path = "/internal/backup/committed";
  return [{ path, methods: { POST: (door, target) => admitCommitted(door, target, admit) } }];
}

/**
 * Spin gives a chained request a match on `/...` and a client without an address. It appends these headers, and
 * where a client sent one of the name, the last value is the host's.
 */
function isChained({ headers }: HttpRequest): boolean {
  const last = (name: string) => {
    const values = headers.filter(([given]) => given.toLowerCase() === name).map(([, value]) => value);
    return values.join(", ").split(", ").at(-1);
  };
  return last("spin-raw-component-route") === "/..." && last("spin-client-addr") === "0.0.0.0:0";
}

function admitCommitted(door: Door, { query }: Target, admit: (ask: CommittedAsk) => HttpReply): Answer {
  const parameters = parseQuery(query, ["revision", "wait", "until"]);
  if (!parameters.ok) return parameters;
  const revision = wholeOf(parameters.value.get("revision"));
  const until = wholeOf(parameters.value.get("until"));
  const wait = parameters.value.get("wait") === "1";
  if (revision === undefined || (wait && until === undefined))
    return refuse("bad_parameter", "revision is a number, and with wait=1 until is one, too.");
  const unfit = judgeStore(readView(door.world.db, null, null), door);
  if (unfit !== undefined) return unfit;
  const settings = requireBucket(door.world);
  if (!settings.ok) return settings;
  return admit({ revision, untilMs: wait ? (until ?? null) : null, settings: settings.value });
}

function wholeOf(text: string | undefined): number | undefined {
  return text !== undefined && /^[1-9]\d{0,15}$/.test(text) ? Number(text) : undefined;
}

/** Exports, and gives the answer: at once, when the revision is there, or when the asker's time is over. */
export async function followCommit(ask: CommittedAsk, follow: Follow): Promise<() => Answer> {
  const { world, later } = follow;
  if (ask.untilMs === null) {
    later(async () => void (await follow.run()));
    return () => jsonReply(202, { revision: ask.revision });
  }
  const work = exportUntil(ask.revision, ask.untilMs, follow);
  // The revision is there before the tick that brought it has proven and pruned.
  const held = untilHeld(ask.revision, ask.untilMs, follow.world);
  const ended = await Promise.race([work, held]);
  if (ended !== undefined) return ended;
  later(async () => void (await work));
  return () => heldReply(world);
}

/** Ticks, and waits for the ticks of others, until the revision is in the bucket or the time is over. */
async function exportUntil(revision: number, untilMs: number, { world, run }: Follow): Promise<() => Answer> {
  const { db, nowMs } = world;
  for (;;) {
    const outcome = await run();
    // A fault or a refusal of the bucket: waiting does not help. The door judges what the function throws.
    const failed = outcome();
    if (isRefusal(failed)) return outcome;
    for (let seen = readExported(db, nowMs()); ; seen = readExported(db, nowMs())) {
      if ((seen.revision ?? 0) >= revision || nowMs() >= untilMs) return () => heldReply(world);
      await pause(LOOK_MS);
      if (!seen.leased) break;
    }
  }
}

/** Undefined once the bucket holds the revision, or the time is over. */
async function untilHeld(revision: number, untilMs: number, { db, nowMs }: World): Promise<undefined> {
  while (nowMs() < untilMs && (readExported(db, nowMs()).revision ?? 0) < revision) await pause(LOOK_MS);
  return undefined;
}

function heldReply({ db, nowMs }: World): HttpReply {
  const { revision } = readExported(db, nowMs());
  return jsonReply(200, { revision }, revision === null ? [] : [[BACKED_UP_HEADER, String(revision)]]);
}

function pause(ms: number): Promise<undefined> {
  return new Promise((resolve) => setTimeout(() => resolve(undefined), Math.max(0, ms)));
}
