/**
 * A process with agents as a library, told by its parent what to do: to open some, to read for so long, to count, to end. It tells
 * of each move by a clock that all processes of a machine share.
 */
import { join } from "node:path";
import Database from "better-sqlite3";
import { type Agent, httpSource, openAgent } from "../packages/agent/index.ts";

export type EdgeOrder =
  | {
      readonly do: "open";
      readonly url: string;
      readonly token: string;
      readonly namespace: string;
      readonly folders: readonly string[];
    }
  | { readonly do: "read"; readonly what: EdgeRead; readonly seconds: number }
  | { readonly do: "count" }
  | { readonly do: "close" };

/** `hot`: a thousand keys again and again; `all`: every key in turn, more than are kept in memory. */
export const EDGE_READS = [
  "map",
  "hot",
  "hot prepared",
  "all",
  "all prepared",
  "all prepared parsed",
] as const;
export type EdgeRead = (typeof EDGE_READS)[number];

export type EdgeSaid =
  | { readonly said: "done"; readonly figure: number; readonly requests: number; readonly bytes: number }
  | { readonly said: "moved"; readonly revision: number; readonly atMs: number };

const BENCH_NAMESPACE = "bench";
const READY_MS = 120_000;
const HOT_KEYS = 1000;
/** Reads between two looks at the clock. */
const AT_ONCE = 500;

const agents: Agent[] = [];
let folder = "";
let [requests, bytes] = [0, 0];

function say(said: EdgeSaid): void {
  process.send?.(said);
}

/** Counts what goes over the network: bodies as they were sent, without headers. */
const counting: typeof fetch = async (input, init) => {
  const answer = await fetch(input, init);
  const body = await answer.arrayBuffer();
  requests += 1;
  bytes += Number(answer.headers.get("content-length") ?? body.byteLength);
  return new Response(body.byteLength === 0 ? null : body, {
    status: answer.status,
    headers: answer.headers,
  });
};

async function open(order: Extract<EdgeOrder, { do: "open" }>): Promise<number> {
  const startedMs = performance.now();
  const opened = order.folders.map((one) =>
    openAgent({
      folder: one,
      namespaces: [order.namespace],
      sources: [httpSource({ url: order.url, token: order.token, fetch: counting })],
    }),
  );
  for (const agent of opened) {
    agent.onMove(() =>
      say({
        said: "moved",
        revision: agent.state(order.namespace).place?.revision ?? 0,
        atMs: performance.timeOrigin + performance.now(),
      }),
    );
    await agent.ready(READY_MS);
  }
  agents.push(...opened);
  folder = order.folders[0] ?? "";
  return performance.now() - startedMs;
}

function readOne(what: EdgeRead): { readonly keys: readonly string[]; read(key: string): unknown } {
  const agent = agents[0];
  if (agent === undefined) throw new Error("no agent is open");
  const db = new Database(join(folder, `${BENCH_NAMESPACE}.db`), { readonly: true });
  const all = db
    .prepare<[string], string>("select key from entry where namespace=? order by key")
    .pluck()
    .all(BENCH_NAMESPACE);
  const prepared = db.prepare<[string, string], { value: Buffer }>(
    "select value from entry where namespace=? and key=?",
  );
  // Far from each other, so that not one page of the file has them all.
  const hot = all.filter((_, nth) => nth % Math.ceil(all.length / HOT_KEYS) === 0);
  const keys = what.startsWith("all") ? all : hot;
  switch (what) {
    case "map": {
      const map = new Map(keys.map((key) => [key, agent.get(BENCH_NAMESPACE, key)]));
      return { keys, read: (key) => map.get(key) };
    }
    case "hot prepared":
    case "all prepared":
      return { keys, read: (key) => prepared.get(BENCH_NAMESPACE, key)?.value };
    case "all prepared parsed":
      return { keys, read: (key) => JSON.parse(String(prepared.get(BENCH_NAMESPACE, key)?.value)) };
    default:
      return { keys, read: (key) => agent.get(BENCH_NAMESPACE, key) };
  }
}

/** Reads a second. */
function readFor(what: EdgeRead, seconds: number): number {
  const { keys, read } = readOne(what);
  let [nth, missing] = [0, 0];
  const rounds = (ms: number) => {
    const startedMs = performance.now();
    let count = 0;
    while (performance.now() - startedMs < ms) {
      for (let one = 0; one < AT_ONCE; one += 1) {
        nth = nth + 1 < keys.length ? nth + 1 : 0;
        if (read(keys[nth] ?? "") === undefined) missing += 1;
      }
      count += AT_ONCE;
    }
    return (count * 1000) / (performance.now() - startedMs);
  };
  rounds(seconds * 300);
  const perSecond = rounds(seconds * 1000);
  if (missing > 0) throw new Error(`${missing} documents were not there`);
  return perSecond;
}

async function carryOut(order: EdgeOrder): Promise<number> {
  if (order.do === "open") return open(order);
  if (order.do === "read") return readFor(order.what, order.seconds);
  if (order.do === "close") {
    await Promise.all(agents.map((agent) => agent.close()));
    process.disconnect();
  }
  return process.memoryUsage().rss / 1e6;
}

process.on("message", (order: EdgeOrder) => {
  carryOut(order).then(
    (figure) => {
      if (process.connected) say({ said: "done", figure, requests, bytes });
    },
    (error: unknown) => {
      console.error(error);
      process.exit(1);
    },
  );
});
