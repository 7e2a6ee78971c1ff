/**
 * Reads and commits over HTTP with 1, 4, 16 and 64 clients, on both engines: Ledge beside the smallest handler of the
 * same server, a bare Node HTTP server, etcd and Consul. All run at one time and are asked in turn, so that what else the
 * machine does is in each; of several turns the one with the median ratio is shown.
 */
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Server, startServer } from "../programs/demo-bcd/server.ts";
import { startBare } from "./bare.ts";
import { type Load, type Measured, measureLoad, requestsPerSecond } from "./load.ts";
import { type Other, type Run, startOthers } from "./other-servers.ts";
import type { Curve, Plot } from "./plots.ts";
import { processSize } from "./process-memory.ts";
import { type BenchForm, type BenchPart, type BenchRow, latencies, middle, rate } from "./rows.ts";

/** How much is measured: seconds of each load, and how often all are asked in turn. */
interface Size {
  readonly clients: readonly number[];
  readonly seconds: number;
  readonly turns: number;
}
const FULL: Size = { clients: [1, 4, 16, 64], seconds: 3, turns: 3 };
const QUICK: Size = { clients: [1, 16], seconds: 1, turns: 1 };
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
  const bare = await startBare(DOCUMENT);
  const others = await startOthers(root, { build: full });
  try {
    for (const { read, put } of others)
      for (const { load } of [read, put]) await requestsPerSecond(load(warming(size)));
    const rows: BenchRow[] = [];
    const measured: Series[] = [];
    for (const engine of ENGINES)
      rows.push(...(await benchEngine(root, engine, { beside: { bare: bare.url, others }, measured, size })));
    return { rows, plots: plotsOf(measured) };
  } finally {
    bare.stop();
    for (const other of others) await other.stop();
  }
}

interface Beside {
  readonly bare: string;
  readonly others: readonly Other[];
}

/** A server runs for weeks: what V8 has not compiled yet is no part of its speed. */
const warming = ({ seconds }: Size): Run => ({ clients: 16, seconds });

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
    const [readsOf, commitsOf] = [
      reads(server, token, beside, engine),
      commits(server, token, beside, engine),
    ];
    for (const { load } of [readsOf, commitsOf]) await requestsPerSecond(load(warming(size)));
    for (const loads of [readsOf, commitsOf])
      for (const clients of size.clients) rows.push(...(await inTurn(loads, { clients, size, measured })));
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

/** One kind of request of ours, and what stands beside it. */
interface Loads {
  readonly engine: string;
  readonly what: Series["what"];
  readonly work: string;
  load(run: Run): Load;
  readonly beside: readonly Standing[];
}

interface Standing {
  readonly name: string;
  readonly goal: string | undefined;
  /** Whether it is drawn. */
  readonly drawn: boolean;
  load(run: Run): Load;
}

function reads({ url }: Server, token: string, { bare, others }: Beside, { name, goals }: Engine): Loads {
  return {
    engine: name,
    what: "read",
    work: `${name}: read of one document`,
    load: (run) => readLoad({ url }, token, run),
    beside: [
      {
        name: "bare Node HTTP server",
        goal: goals.bare,
        drawn: true,
        load: (run) => ({ url: bare, ...run }),
      },
      {
        name: "/healthz, the smallest handler of the same server",
        goal: goals.smallest,
        drawn: false,
        load: (run) => ({ url: `${url}/healthz`, ...run }),
      },
      ...others.map((other) => ({
        ...other.read,
        goal: other.goals ? goals.etcdRead : undefined,
        drawn: true,
      })),
    ],
  };
}

function commits({ url }: Server, token: string, { others }: Beside, { name, goals }: Engine): Loads {
  return {
    engine: name,
    what: "commit",
    work: `${name}: durable commit of one document`,
    load: (run) => commitLoad({ url }, token, run),
    beside: others.map((other) => ({
      ...other.put,
      goal: other.goals ? goals.etcdPut : undefined,
      drawn: true,
    })),
  };
}

interface Measuring {
  readonly clients: number;
  readonly size: Size;
  readonly measured: Series[];
}

/** All that stand beside it and it itself, one after the other, several times. */
async function inTurn(
  { engine, what, work, load, beside }: Loads,
  { clients, size: { seconds, turns }, measured }: Measuring,
): Promise<BenchRow[]> {
  const run = { clients, seconds };
  const own: Measured[] = [];
  const others = beside.map((): Measured[] => []);
  for (let turn = 0; turn < turns; turn += 1) {
    own.push(await measureLoad(load(run)));
    for (const [at, one] of beside.entries()) others[at]?.push(await measureLoad(one.load(run)));
  }
  draw(measured, { name: `${engine}: ${what}s`, what }, clients, typical(own));
  return beside.map(({ name, goal, drawn }, at) => {
    const measuredOther = others[at] ?? [];
    if (drawn) draw(measured, { name, what }, clients, typical(measuredOther));
    const pairs = own.map((one, turn) => ({ one, other: measuredOther[turn]?.perSecond ?? 0 }));
    const { one, other } = middle(pairs, (pair) => pair.one.perSecond / pair.other);
    return {
      work: `${work}, ${clients} client${clients === 1 ? "" : "s"}`,
      figure: `${rate(one.perSecond)}, ${latencies(one)}`,
      beside: `${name}: ${rate(other)}`,
      ratio: one.perSecond / other,
      ...(goal === undefined ? {} : { goal }),
    };
  });
}

const typical = (turns: readonly Measured[]): Measured => middle(turns, ({ perSecond }) => perSecond);

/** Adds a point to a curve; the first engine's is kept of what stands beside both. */
function draw(
  measured: Series[],
  { name, what }: Pick<Series, "name" | "what">,
  clients: number,
  point: Measured,
): void {
  let series = measured.find((one) => one.name === name && one.what === what);
  if (series === undefined) {
    series = { name, what, byClients: new Map() };
    measured.push(series);
  }
  if (!series.byClients.has(clients)) series.byClients.set(clients, point);
}

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

/** Throughput and latency over clients, for reads and for commits. */
function plotsOf(measured: readonly Series[]): Plot[] {
  const curves = (what: Series["what"], yOf: (one: Measured) => number): Curve[] =>
    measured
      .filter((series) => series.what === what)
      .map(({ name, byClients }) => ({
        name,
        points: [...byClients].map(([clients, one]) => [clients, yOf(one)] as const),
      }));
  const x = "clients";
  return (["read", "commit"] as const).flatMap((what) => [
    {
      name: `${what}s-throughput`,
      title: what === "read" ? "Reads of one document" : "Durable commits of one document",
      x,
      y: `${what}s a second`,
      curves: curves(what, ({ perSecond }) => perSecond),
    },
    {
      name: `${what}s-latency`,
      title: what === "read" ? "Latency of reads, 99 of 100" : "Latency of commits, 99 of 100",
      x,
      y: "milliseconds",
      curves: curves(what, ({ p99 }) => p99),
    },
  ]);
}
