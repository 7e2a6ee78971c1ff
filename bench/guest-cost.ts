/**
 * What a request costs inside a small component, on a warm instance of the embedded host: the guest's own time, its calls
 * to the host and what they take, and the pages of memory that it changes, which a host that shares a snapshot copies.
 */
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startHost } from "../programs/host/host.ts";
import type { BenchRow } from "./rows.ts";
import { makeStore, putAll, smallDocuments } from "./stores.ts";
import { bundle } from "./threads.ts";

/** Of one request. */
export interface GuestCost {
  readonly guestMs: number;
  readonly hostMs: number;
  readonly calls: number;
  /** Not counted for most. */
  readonly pages: number | undefined;
}

const WARMING = 1000;
const MEASURED = 200;

interface Asked {
  readonly work: string;
  readonly method: "GET" | "POST";
  path(): string;
  readonly body?: (nth: number) => string;
}

const KEY = "services/1/limits/1";

const ASKED: readonly Asked[] = [
  { work: "/healthz, the smallest handler (admin)", method: "GET", path: () => "/healthz" },
  {
    work: "a refusal before the store is asked (config-read)",
    method: "GET",
    path: () => "/v1/read/bench?unknown=1",
  },
  {
    work: "a read of one document (config-read)",
    method: "GET",
    path: () => `/v1/read/bench?key=${encodeURIComponent(KEY)}`,
  },
  {
    work: "a commit of one document (config-write)",
    method: "POST",
    path: () => "/v1/commit",
    body: (nth) =>
      JSON.stringify({
        changes: [{ op: "put", namespace: "bench", key: KEY, ifRevision: "any", value: { nth } }],
      }),
  },
];

export async function benchGuestCost(root: string): Promise<BenchRow[]> {
  const dir = mkdtempSync(join(tmpdir(), "ledge-bench-"));
  const file = join(dir, "costs");
  const { db, token } = makeStore(root, dir);
  putAll(db, smallDocuments(1000));
  db.close();
  const host = await startHost({
    manifest: join(root, "spin.toml"),
    stateDir: dir,
    variables: {},
    environment: {},
    cron: false,
    workers: 1,
    cacheDir: join(root, "dist", "cache"),
    // In the worker's text: a worker that begins later would see the environment of another.
    workerFile: await bundle(root, "guest-cost-worker", {
      "process.env.LEDGE_BENCH_COST_FILE": JSON.stringify(file),
    }),
    log: () => {},
  });
  try {
    const costs: { readonly work: string; readonly cost: GuestCost }[] = [];
    for (const asked of ASKED)
      costs.push({ work: asked.work, cost: await costOf(asked, { url: host.url, token, file }) });
    const [smallest] = costs;
    if (smallest === undefined) throw new Error("nothing was asked");
    return costs.map(({ work, cost }) => rowOf(work, cost, smallest.cost));
  } finally {
    await host.stop();
    rmSync(dir, { recursive: true, force: true });
  }
}

async function costOf(
  { work, method, path, body }: Asked,
  { url, token, file }: { readonly url: string; readonly token: string; readonly file: string },
): Promise<GuestCost> {
  const headers = { authorization: `Bearer ${token}`, "content-type": "application/json" };
  for (let nth = 0; nth < WARMING + MEASURED; nth += 1) {
    const answer = await fetch(url + path(), {
      method,
      headers,
      ...(body === undefined ? {} : { body: body(nth) }),
    });
    await answer.arrayBuffer();
    if (answer.status >= 500) throw new Error(`${work}: ${answer.status}`);
  }
  const costs: readonly GuestCost[] = JSON.parse(readFileSync(file, "utf8"));
  const pages = costs.flatMap((one) => (one.pages === undefined ? [] : [one.pages]));
  return {
    guestMs: quick(costs.map(({ guestMs }) => guestMs)),
    hostMs: quick(costs.map(({ hostMs }) => hostMs)),
    calls: quick(costs.map(({ calls }) => calls)),
    pages: quick(pages),
  };
}

/** What a tenth of them stays below: what else the machine does only ever makes one slower. */
function quick(figures: readonly number[]): number {
  return figures.toSorted((a, b) => a - b)[Math.floor(figures.length / 10)] ?? 0;
}

function rowOf(work: string, cost: GuestCost, smallest: GuestCost): BenchRow {
  const all = ({ guestMs, hostMs }: GuestCost) => guestMs + hostMs;
  return {
    work: `in the guest: ${work}`,
    figure: `${cost.guestMs.toFixed(3)} ms of its own, ${cost.calls} host calls of ${cost.hostMs.toFixed(3)} ms, ${cost.pages} pages changed`,
    beside: `the smallest: ${all(smallest).toFixed(3)} ms`,
    ratio: all(smallest) / all(cost),
  };
}
