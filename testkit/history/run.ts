/**
 * Concurrent clients against a server for a number of operations, which may be killed and started again meanwhile. Gives
 * the record, ended by what everybody sees when all is quiet: the whole feed, and each namespace.
 */
import { ask } from "../ask.ts";
import type { StartedServer } from "../processes.ts";
import { seededRandom } from "../random.ts";
import type { Call } from "./calls.ts";
import { type Actor, act } from "./choices.ts";
import { type FeedPlace, type Place, recordingClient } from "./client.ts";

const CLIENTS = 12;

export interface HistoryRun {
  readonly calls: readonly Call[];
  /** The newest revision before the first call. */
  readonly base: number;
}

export interface RunPlan {
  readonly seed: number;
  readonly operations: number;
  /** How often the server is killed, at equal distances; needs `restart`. */
  readonly kills: number;
  /** Kills the server with SIGKILL and starts it again over the same folder. */
  readonly restart?: (server: StartedServer) => Promise<StartedServer>;
}

/** Gives the server that runs in the end, too, since each kill makes another. */
export async function runHistory(
  server: StartedServer,
  token: string,
  { seed, operations, kills, restart }: RunPlan,
): Promise<HistoryRun & { readonly server: StartedServer }> {
  const namespaces = [`one-${seed}`, `two-${seed}`] as const;
  const { base, lineage } = await prepare(server, token, namespaces);
  const place: Place = { url: server.url, token, lineage, ready: Promise.resolve() };
  const calls: Call[] = [];
  let running = server;
  let done = 0;
  let killed = 0;
  const killDue = () =>
    restart !== undefined && killed < kills && done >= ((killed + 1) * operations) / (kills + 1);
  const actors = Array.from({ length: CLIENTS }, (_, n): Actor => {
    const random = seededRandom(seed * CLIENTS + n);
    const client = recordingClient(place, calls);
    const feed = { after: base, cursor: null };
    return {
      name: `${seed}-${n}`,
      namespaces,
      random,
      client,
      seen: new Map(),
      base,
      newest: base,
      feed,
      sent: 0,
    };
  });
  const work = async (actor: Actor) => {
    while (done < operations) {
      done += 1;
      if (restart !== undefined && killDue()) {
        killed += 1;
        // In the middle of what the others have sent: the signal comes first, then everybody waits for the next server.
        const next = restart(running).then((one) => {
          running = one;
          place.url = one.url;
        });
        place.ready = next;
      }
      await act(actor);
    }
  };
  await Promise.all(actors.map(work));
  await place.ready;
  await lookAtAll(recordingClient(place, calls), namespaces, base);
  return { calls, base, server: running };
}

async function prepare(server: StartedServer, token: string, namespaces: readonly string[]) {
  for (const name of namespaces) {
    const made = await ask(server, "PUT", `/v1/admin/namespaces/${name}`, { token, json: {} });
    if (made.status !== 201) throw new Error(made.text);
  }
  const { json } = await ask(server, "GET", "/v1/admin/status", { token });
  return { base: Number(json.head), lineage: String(json.lineage).slice(0, 8) };
}

async function lookAtAll(
  client: ReturnType<typeof recordingClient>,
  namespaces: readonly string[],
  base: number,
): Promise<void> {
  for (const ns of namespaces) await client.list(ns, 100);
  let place: FeedPlace = { after: base, cursor: null };
  for (;;) {
    const next = await client.feed(null, place, 1000);
    if (next.after === place.after) return;
    place = next;
  }
}
