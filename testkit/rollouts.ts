/** What the tests of channels, rollouts and the fleet share: documents of `_system` put by themselves, and beacons. */
import type { KeptBeacon } from "../lib/core/rollout/beacon.ts";
import type { Db } from "../lib/store/sqlite/driver.ts";
import { putReserved } from "./proposals.ts";
import type { ServerReply, TestServer } from "./server.ts";

/** Points a channel, whatever is there. Gives the commit's revision; throws where it is refused. */
export function pointChannel(db: Db, place: string, revision: number, nowMs?: number): number {
  const made = putReserved(db, "_system", `channel/${place}`, JSON.stringify({ revision }), {
    ...(nowMs === undefined ? {} : { nowMs }),
  });
  if (!made.ok) throw new Error(`channel ${place}: ${made.code}`);
  return made.revision;
}

export function setChannel(server: TestServer, place: string, revision: number): Promise<ServerReply> {
  return withState(server, `/v1/admin/channels/${place}`, { revision });
}

/** Puts a settings document over whatever is there. */
export async function withState(server: TestServer, path: string, json: unknown): Promise<ServerReply> {
  const made = await server.send("PUT", path, { json, headers: { "if-none-match": "*" } });
  return made.status === 412 ? server.send("PUT", path, { json, headers: { "if-match": "*" } }) : made;
}

/** A beacon of one edge about one namespace, as a request has it. */
export function beaconOf(
  edge: string,
  seen: Partial<KeptBeacon> & { readonly namespace: string; readonly lineage: string },
  more: { readonly ageSeconds?: number; readonly through?: string } = {},
) {
  return { edge, version: "0.1.0", ...more, namespaces: [{ revision: 0, source: "origin", ...seen }] };
}

export function lineageOf(db: Db): string {
  return String(db.all("select lineage from store")[0]?.[0]);
}

export function headOf(db: Db): number {
  return Number(db.all("select revision from store")[0]?.[0]);
}
