/**
 * GET /v1/admin/fleet: which edge serves which revision, by what edges said last. With a revision it waits until every edge that is
 * not silent has come to it. Promise: a page costs what it shows; the numbers are of all.
 */
import type { Fleet, Replica } from "../../lib/api/rollout-bodies.ts";
import type { Input } from "../../lib/api/typed.ts";
import { type Cursor, formatCursor, parseCursor } from "../../lib/core/cursor.ts";
import { encodeParameter } from "../../lib/core/query.ts";
import { accept, type Outcome } from "../../lib/core/refusal.ts";
import { type KeptBeacon, SILENT_MS } from "../../lib/core/rollout/beacon.ts";
import { edgeKey } from "../../lib/core/rollout/documents.ts";
import { formatTime } from "../../lib/core/time.ts";
import type { Context } from "../../lib/http/context.ts";
import { jsonReply, shownHeaders } from "../../lib/http/reply.ts";
import type { Result, Wait } from "../../lib/http/result.ts";
import { findSetting } from "../../lib/store/documents/settings.ts";
import {
  beaconName,
  type FleetPart,
  listBeacons,
  listWaiting,
  readTurn,
} from "../../lib/store/fleet/beacons.ts";
import { Standings } from "../../lib/store/fleet/standing.ts";
import { summarize } from "../../lib/store/fleet/summary.ts";

const WAITING_SHOWN = 100;
type FleetInput = Input<"readFleet">;
type Waiting = NonNullable<Fleet["waiting"]>;

export function getFleet(input: FleetInput, context: Context): Result<Fleet> {
  const { world, view, nowMs } = context;
  const cursor = cursorOf(input);
  if (!cursor.ok) return cursor;
  const part = { namespace: input.namespace, nowMs };
  // Read before who is waited for: what comes in between is then looked at again.
  const turn = input.reached === 0 ? 0 : readTurn(world.db);
  const waiting =
    input.reached === 0
      ? undefined
      : listWaiting(world.db, part, { revision: input.reached, limit: WAITING_SHOWN });
  const wait = waiting === undefined ? undefined : waitOn(waiting, { turn, input, context });
  if (wait !== undefined) return wait;
  const { replicas, next } = pageOf(input, context, { part, after: cursor.value?.after ?? "" });
  const { head, lineage } = view;
  return jsonReply(
    200,
    {
      head,
      summary: summarize(world.db, view, part),
      ...(waiting === undefined ? {} : { reached: waiting.length === 0, waiting }),
      replicas,
      ...(next === undefined ? {} : { next }),
    },
    [...shownHeaders({ revision: head, head, lineage }), ...linkTo(input, next)],
  );
}

/** Undefined where nobody is waited for, and where the time is over. */
function waitOn(
  waiting: Waiting,
  asked: { readonly turn: number; readonly input: FleetInput; readonly context: Context },
): Wait | undefined {
  const { turn, input, context } = asked;
  const { waited } = context;
  if (waiting.length === 0 || waited.ended || waited.ms >= input.wait * 1000) return undefined;
  return { park: { until: "fleet", revision: turn + 1, seconds: input.wait } };
}

/** Refuses `bad_cursor`. */
function cursorOf(input: FleetInput): Outcome<Cursor | undefined> {
  if (input.cursor === undefined) return accept(undefined);
  return parseCursor(input.cursor, { kind: "fleet", filter: [input.namespace] });
}

function pageOf(
  { namespace, limit }: FleetInput,
  { world, view, nowMs }: Context,
  { part, after }: { readonly part: FleetPart; readonly after: string },
): { readonly replicas: Replica[]; readonly next?: string } {
  // One more than the page holds says whether there is a next page.
  const found = listBeacons(world.db, part, { after, limit: limit + 1 });
  const standings = new Standings(world.db, view);
  const shown = found.slice(0, limit);
  const replicas = shown.map((beacon) => {
    const { edge, channel } = beacon;
    const divided = channel !== undefined && standings.isDivided({ ...beacon, channel });
    const json = divided ? findSetting(world.db, "_system", edgeKey(edge))?.json : undefined;
    const document = json === undefined ? undefined : JSON.parse(json);
    return replicaView(beacon, standings.of(beacon, { edge, document }), nowMs);
  });
  const last = shown.at(-1);
  if (found.length <= limit || last === undefined) return { replicas };
  const { lineage, head } = view;
  const next = formatCursor({
    kind: "fleet",
    lineage,
    revision: head,
    filter: [namespace],
    after: beaconName(last),
  });
  return { replicas, next };
}

function linkTo({ namespace, limit }: FleetInput, next: string | undefined): [string, string][] {
  if (next === undefined) return [];
  const ns = namespace === null ? "" : `ns=${encodeParameter(namespace)}&`;
  return [["link", `</v1/admin/fleet?${ns}limit=${limit}&cursor=${next}>; rel="next"`]];
}

function replicaView(
  { atMs, ...said }: KeptBeacon,
  { lacksSinceMs, ...standing }: ReturnType<Standings["of"]>,
  nowMs: number,
): Replica {
  return {
    ...said,
    heard: formatTime(atMs),
    ...(atMs > nowMs - SILENT_MS ? {} : { silentSince: formatTime(atMs) }),
    ...standing,
    behindSeconds: lacksSinceMs === null ? 0 : Math.max(0, Math.round((nowMs - lacksSinceMs) / 1000)),
  };
}
