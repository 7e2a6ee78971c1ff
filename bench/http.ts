/**
 * Reads and commits over HTTP with 1, 4, 16 and 64 clients, on both engines: Ledge beside the smallest handler of the
 * same server, a bare Node HTTP server, and etcd, all in one run.
 */
import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Server, startServer } from "../programs/demo-bcd/server.ts";
import { base64, startEtcd } from "./etcd.ts";
import { type Load, type Measured, measureLoad, requestsPerSecond } from "./load.ts";
import { type BenchRow, rate } from "./rows.ts";

const CLIENTS = [1, 4, 16, 64];
const DOCUMENT = '{"requestsPerSecond":100,"burst":200}';

interface Engine {
  readonly name: "native" | "Wasm";
  readonly args: readonly string[];
  /** Of the read to a bare server, to the smallest handler and to etcd; of the commit to etcd. */
  readonly goals: Readonly<Record<"bare" | "smallest" | "etcdRead" | "etcdPut", string | undefined>>;
}

const ENGINES: readonly Engine[] = [
  {
    name: "native",
    args: ["--engine", "native"],
    goals: { bare: "≥ 0.4", smallest: undefined, etcdRead: "≥ 2", etcdPut: "≥ 1" },
  },
  {
    name: "Wasm",
    args: [],
    goals: { bare: undefined, smallest: "≥ 0.6", etcdRead: undefined, etcdPut: undefined },
  },
];

export async function benchHttp(root: string): Promise<BenchRow[]> {
  const bare = await startBare();
  const etcd = await startEtcd();
  try {
    const beside = await measureBeside(bare.url, etcd);
    const rows: BenchRow[] = [];
    for (const engine of ENGINES) rows.push(...(await benchEngine(root, engine, beside)));
    return rows;
  } finally {
    await etcd?.stop();
    bare.stop();
  }
}

/** What stands beside each figure, by number of clients. */
interface Beside {
  readonly bare: ReadonlyMap<number, number>;
  readonly range: ReadonlyMap<number, number>;
  readonly put: ReadonlyMap<number, number>;
  readonly etcd: string | undefined;
}

async function measureBeside(bareUrl: string, etcd: Awaited<ReturnType<typeof startEtcd>>): Promise<Beside> {
  const [bare, range, put] = [
    new Map<number, number>(),
    new Map<number, number>(),
    new Map<number, number>(),
  ];
  for (const clients of CLIENTS) {
    bare.set(clients, await requestsPerSecond({ url: bareUrl, clients }));
    if (etcd === undefined) continue;
    const post = { method: "POST", clients } as const;
    put.set(
      clients,
      await requestsPerSecond({
        ...post,
        url: `${etcd.url}/v3/kv/put`,
        body: (nth) =>
          JSON.stringify({ key: base64(`bench/${nth % 1000}`), value: base64(`{"nth":${nth}}`) }),
      }),
    );
    const key = JSON.stringify({ key: base64("bench/1") });
    range.set(clients, await requestsPerSecond({ ...post, url: `${etcd.url}/v3/kv/range`, body: () => key }));
  }
  return { bare, range, put, etcd: etcd === undefined ? undefined : `etcd ${etcd.version}` };
}

async function benchEngine(root: string, engine: Engine, beside: Beside): Promise<BenchRow[]> {
  const dir = mkdtempSync(join(tmpdir(), "ledge-bench-"));
  const server = await startServer(root, dir, engine.args);
  try {
    const token = readFileSync(join(dir, "admin-token"), "utf8").trim();
    const rows: BenchRow[] = [];
    // A server runs for weeks: what V8 has not compiled yet is no part of its speed.
    await requestsPerSecond(readLoad(server, token, 16));
    await requestsPerSecond(commitLoad(server, token, 16));
    for (const clients of CLIENTS) rows.push(...(await reads(server, { token, clients, engine, beside })));
    for (const clients of CLIENTS) rows.push(...(await commits(server, { token, clients, engine, beside })));
    return rows;
  } finally {
    await server.stop();
    rmSync(dir, { recursive: true, force: true });
  }
}

interface Measuring {
  readonly token: string;
  readonly clients: number;
  readonly engine: Engine;
  readonly beside: Beside;
}

async function reads({ url }: Server, { token, clients, engine, beside }: Measuring): Promise<BenchRow[]> {
  const read = await measureLoad(readLoad({ url }, token, clients));
  const smallest = await requestsPerSecond({ url: `${url}/healthz`, clients });
  const row = rowOf(`${engine.name}: read of one document`, clients, read);
  return [
    row("bare Node HTTP server", beside.bare.get(clients), engine.goals.bare),
    row("/healthz, the smallest handler of the same server", smallest, engine.goals.smallest),
    row(`${beside.etcd} range, JSON gateway`, beside.range.get(clients), engine.goals.etcdRead),
  ].flat();
}

async function commits({ url }: Server, { token, clients, engine, beside }: Measuring): Promise<BenchRow[]> {
  const commit = await measureLoad(commitLoad({ url }, token, clients));
  const row = rowOf(`${engine.name}: durable commit of one document`, clients, commit);
  return row(`${beside.etcd} put, JSON gateway`, beside.put.get(clients), engine.goals.etcdPut);
}

function readLoad({ url }: Pick<Server, "url">, token: string, clients: number): Load {
  return {
    url: `${url}/v1/read/demo?key=limits%2Fapi`,
    clients,
    headers: { authorization: `Bearer ${token}` },
  };
}

function commitLoad({ url }: Pick<Server, "url">, token: string, clients: number): Load {
  return {
    url: `${url}/v1/commit`,
    method: "POST",
    clients,
    headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
    body: (nth) =>
      JSON.stringify({
        changes: [
          { op: "put", namespace: "demo", key: `bench/${nth % 1000}`, ifRevision: "any", value: { nth } },
        ],
      }),
  };
}

/** A line, or none where there is nothing to stand beside it. */
function rowOf(work: string, clients: number, { perSecond, p50, p99 }: Measured) {
  return (name: string, other: number | undefined, goal: string | undefined): BenchRow[] => {
    if (other === undefined) return [];
    return [
      {
        work: `${work}, ${clients} client${clients === 1 ? "" : "s"}`,
        figure: `${rate(perSecond)}, ${p50.toFixed(1)} ms, ${p99.toFixed(1)} ms`,
        beside: `${name}: ${rate(other)}`,
        ratio: perSecond / other,
        ...(goal === undefined ? {} : { goal }),
      },
    ];
  };
}

const BARE = `require("node:http").createServer((_, answer) => {
  answer.writeHead(200, { "content-type": "application/json", "content-length": ${DOCUMENT.length} });
  answer.end(${JSON.stringify(DOCUMENT)});
}).listen(0, "127.0.0.1", function () { console.log(this.address().port); });`;

/** In a process of its own, as all the others are. */
async function startBare(): Promise<{ readonly url: string; stop(): void }> {
  const child = spawn(process.execPath, ["-e", BARE], { stdio: ["ignore", "pipe", "inherit"] });
  const port = await new Promise<string>((resolve) =>
    child.stdout.once("data", (chunk: Buffer) => resolve(chunk.toString().trim())),
  );
  return { url: `http://127.0.0.1:${port}/`, stop: () => void child.kill() };
}
