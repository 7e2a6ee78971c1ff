/** Where incidents happen: an origin, three edges that follow `shop@stable`, of which one is in the ring `canary`, and its ticks. */
import { join } from "node:path";
import { openServer } from "../../packages/client/server.ts";
import { openProcessClock } from "./clocks.ts";
import { edgeTokenOf, type OriginProcess, startOriginProcess } from "./origin-process.ts";
import { Site } from "./site.ts";

export interface IncidentSites {
  readonly origin: OriginProcess;
  readonly canary: Site;
  readonly others: readonly Site[];
  /** Puts a document whatever is there, and gives the revision; throws LedgeError. */
  put(key: string, value: unknown, override?: string): Promise<number>;
  /** What moves rollouts, once. Gives the state that the rollout is in then. */
  tick(): Promise<{ readonly state: string; readonly reason?: string }>;
  /** How the rollout stands, which reports of harm move by themselves. */
  rollout(): Promise<{ readonly state: string; readonly reason?: string }>;
  /** All edges at this revision, at once. */
  point(revision: number): Promise<void>;
  /** First the canaries, then all, with an hour between; and back where it fails. */
  rollOut(revision: number, ...more: readonly string[]): Promise<void>;
  /** What the origin has heard of the canary. */
  heard(): Promise<{ readonly errorRate?: number; readonly refusal?: { readonly revision: number } }>;
  close(): Promise<void>;
}

const SPEED = 10;
/** What an edge takes of one document: as the programs there have it. */
const DOCUMENT_BYTES_MAX = 8192;

export async function openIncidentSites(folder: string): Promise<IncidentSites> {
  const { env } = openProcessClock(join(folder, "origin.clock"), SPEED);
  const origin = await startOriginProcess(folder, env, "off");
  const server = openServer({ url: origin.url, token: origin.token, attempts: 1 });
  const json = async <T>(method: string, path: string, json?: unknown): Promise<T> =>
    server.json<T>({ method, path, ...(json === undefined ? {} : { json }) });
  const put: IncidentSites["put"] = async (key, value, override) => {
    const change = { op: "put", namespace: "shop", key, mediaType: "application/json" };
    const { revision } = await json<{ revision: number }>("POST", "/v1/commit", {
      changes: [{ ...change, text: JSON.stringify(value), ifRevision: "any" }],
      ...(override === undefined ? {} : { override: { reason: override } }),
    });
    return revision;
  };
  const rollout: IncidentSites["rollout"] = () => json("GET", "/v1/admin/rollouts/shop/stable");
  const point = async (revision: number) => {
    await origin.ledge("channel", "set", "shop/stable", "--to", String(revision));
  };
  await point(await put("banner", "hello"));
  await origin.ledge("edge", "set", "fra-1", "ring=canary");
  const token = await edgeTokenOf(origin);
  const site = async (name: string) => {
    const args = ["--max-document", String(DOCUMENT_BYTES_MAX)];
    const made = new Site({
      name,
      folder,
      from: [origin.url],
      token,
      follows: "shop@stable",
      speed: SPEED,
      args,
    });
    await made.start();
    return made;
  };
  const canary = await site("fra-1");
  const others = [await site("ams-1"), await site("lon-1")];
  return {
    origin,
    canary,
    others,
    put,
    point,
    async tick() {
      await json("POST", "/v1/backup/run");
      return rollout();
    },
    rollout,
    async rollOut(revision, ...more) {
      const steps = ["--step", "ring=canary", "--step", "100%", "--bake", "1h", "--on-failure", "back"];
      await origin.ledge("rollout", "start", "shop/stable", "--to", String(revision), ...steps, ...more);
    },
    async heard() {
      const { replicas } = await json<{ replicas: readonly { edge: string; errorRate?: number }[] }>(
        "GET",
        "/v1/admin/fleet?ns=shop",
      );
      return replicas.find(({ edge }) => edge === canary.name) ?? {};
    },
    async close() {
      await Promise.all([canary, ...others].map((one) => one.kill()));
      await origin.stop();
    },
  };
}
