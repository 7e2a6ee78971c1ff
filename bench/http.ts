/**
 * Reads and commits over HTTP with 1, 4, 16 and 64 clients, on both engines: Ledge beside the smallest handler of the
 * same server, a bare Node HTTP server, etcd and Consul, all in one run.
 */
import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Server, startServer } from "../programs/demo-bcd/server.ts";
import { type Load, type Measured, measureLoad, requestsPerSecond } from "./load.ts";
import {
  type ByClients,
  besideConsul,
  besideEtcd,
  byClients,
  type Other,
  type Size,
} from "./other-servers.ts";
import type { Curve, Plot } from "./plots.ts";
import { processSize } from "./process-memory.ts";
import { type BenchForm, type BenchPart, type BenchRow, latencies, rate } from "./rows.ts";

const FULL: Size = { clients: [1, 4, 16, 64], seconds: 4, build: true };
const QUICK: Size = { clients: [1, 16], seconds: 2, build: false };
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

export async function benchHttp(root: string, { full }: BenchForm): Promise<BenchPart> {
  const size = full ? FULL : QUICK;
  const bare = await startBare();
  try {
    const others: Other[] = [];
    for (const measure of [besideEtcd, besideConsul]) {
      const other = await measure(root, size);
      if (other !== undefined) others.push(other);
    }
    const beside: Beside = {
      bare: await byClients(size, (clients) => ({ url: bare.url, clients, seconds: size.seconds })),
      others,
    };
    const rows: BenchRow[] = [];
    const measured: Series[] = [];
    for (const engine of ENGINES) rows.push(...(await benchEngine(root, engine, { beside, measured, size })));
    return { rows, plots: plotsOf(measured, beside) };
  } finally {
    bare.stop();
  }
}

/** What stands beside each figure, by number of clients. */
interface Beside {
  readonly bare: ByClients;
  readonly others: readonly Other[];
}

/** A curve in the making. */
interface Series {
  readonly name: string;
  readonly what: "read" | "commit";
  readonly byClients: Map<number, Measured>;
}

interface Known {
  readonly beside: Beside;
  readonly measured: Series[];
  readonly size: Size;
}

async function benchEngine(
  root: string,
  engine: Engine,
  { beside, measured, size }: Known,
): Promise<BenchRow[]> {
  const dir = mkdtempSync(join(tmpdir(), "ledge-bench-"));
  const server = await startServer(root, dir, engine.args);
  try {
    const token = readFileSync(join(dir, "admin-token"), "utf8").trim();
    const rows: BenchRow[] = [];
    // A server runs for weeks: what V8 has not compiled yet is no part of its speed.
    await requestsPerSecond(readLoad(server, token, { clients: 16, seconds: size.seconds }));
    await requestsPerSecond(commitLoad(server, token, { clients: 16, seconds: size.seconds }));
    const seriesOf = (what: Series["what"]): Series => {
      const series = { name: `${engine.name}: ${what}s`, what, byClients: new Map<number, Measured>() };
      measured.push(series);
      return series;
    };
    const [read, commit] = [seriesOf("read"), seriesOf("commit")];
    const known = { token, engine, beside, seconds: size.seconds };
    for (const clients of size.clients)
      rows.push(...(await reads(server, { ...known, clients, series: read })));
    for (const clients of size.clients)
      rows.push(...(await commits(server, { ...known, clients, series: commit })));
    const { megabytes } = processSize(server.pid);
    rows.push({
      work: `${engine.name}: memory after all that`,
      figure: `${Math.round(megabytes)} MB`,
      beside: "bare Node: about 45 MB",
      ratio: megabytes / 45,
    });
    return rows;
  } finally {
    await server.stop();
    rmSync(dir, { recursive: true, force: true });
  }
}

interface Measuring {
  readonly token: string;
  readonly clients: number;
  readonly seconds: number;
  readonly engine: Engine;
  readonly beside: Beside;
  readonly series: Series;
}

async function reads(
  { url }: Server,
  { token, clients, seconds, engine, beside, series }: Measuring,
): Promise<BenchRow[]> {
  const read = await measureLoad(readLoad({ url }, token, { clients, seconds }));
  series.byClients.set(clients, read);
  const smallest = await requestsPerSecond({ url: `${url}/healthz`, clients, seconds });
  const row = rowOf(`${engine.name}: read of one document`, clients, read);
  return [
    row("bare Node HTTP server", beside.bare.get(clients), engine.goals.bare),
    row("/healthz, the smallest handler of the same server", smallest, engine.goals.smallest),
    ...beside.others.map(({ read: { name, rates }, goals }) =>
      row(name, rates.get(clients), goals ? engine.goals.etcdRead : undefined),
    ),
  ].flat();
}

async function commits(
  { url }: Server,
  { token, clients, seconds, engine, beside, series }: Measuring,
): Promise<BenchRow[]> {
  const commit = await measureLoad(commitLoad({ url }, token, { clients, seconds }));
  series.byClients.set(clients, commit);
  const row = rowOf(`${engine.name}: durable commit of one document`, clients, commit);
  return beside.others.flatMap(({ put: { name, rates }, goals }) =>
    row(name, rates.get(clients), goals ? engine.goals.etcdPut : undefined),
  );
}

type Run = Pick<Load, "clients" | "seconds">;

function readLoad({ url }: Pick<Server, "url">, token: string, run: Run): Load {
  return {
    url: `${url}/v1/read/demo?key=limits%2Fapi`,
    ...run,
    headers: { authorization: `Bearer ${token}` },
  };
}

function commitLoad({ url }: Pick<Server, "url">, token: string, run: Run): Load {
  return {
    url: `${url}/v1/commit`,
    method: "POST",
    ...run,
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
function rowOf(work: string, clients: number, measured: Measured) {
  return (name: string, other: number | undefined, goal: string | undefined): BenchRow[] => {
    if (other === undefined) return [];
    return [
      {
        work: `${work}, ${clients} client${clients === 1 ? "" : "s"}`,
        figure: `${rate(measured.perSecond)}, ${latencies(measured)}`,
        beside: `${name}: ${rate(other)}`,
        ratio: measured.perSecond / other,
        ...(goal === undefined ? {} : { goal }),
      },
    ];
  };
}

/** Throughput and latency over clients, for reads and for commits. */
function plotsOf(measured: readonly Series[], { bare, others }: Beside): Plot[] {
  const curve = (name: string, points: Iterable<readonly [number, number]>): Curve => ({
    name,
    points: [...points],
  });
  const besides = {
    read: [curve("bare Node HTTP server", bare), ...others.map(({ read }) => curve(read.name, read.rates))],
    commit: others.map(({ put }) => curve(put.name, put.rates)),
  };
  const of = (what: Series["what"], yOf: (one: Measured) => number) =>
    measured
      .filter((series) => series.what === what)
      .map(({ name, byClients }) =>
        curve(
          name,
          [...byClients].map(([clients, one]) => [clients, yOf(one)] as const),
        ),
      );
  const x = "clients";
  return (["read", "commit"] as const).flatMap((what) => [
    {
      name: `${what}s-throughput`,
      title: what === "read" ? "Reads of one document" : "Durable commits of one document",
      x,
      y: `${what}s a second`,
      curves: [...of(what, ({ perSecond }) => perSecond), ...besides[what]],
    },
    {
      name: `${what}s-latency`,
      title: what === "read" ? "Latency of reads, 99 of 100" : "Latency of commits, 99 of 100",
      x,
      y: "milliseconds",
      curves: of(what, ({ p99 }) => p99),
    },
  ]);
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
