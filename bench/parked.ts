/**
 * Ten thousand requests that wait for changes of one namespace, on the native engine: what they hold, what they cost a
 * writer elsewhere, and how long one change that concerns them all takes to be told. Two servers are written to in turn,
 * one with them and one without, so that whatever else the machine does is in both.
 */
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { Agent, request } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { type Server, startServer } from "../programs/demo-bcd/server.ts";
import { requestsPerSecond } from "./load.ts";
import { processSize } from "./process-memory.ts";
import { type BenchForm, type BenchRow, middle, rate } from "./rows.ts";

/** All pairs are measured before the first that waits has waited for long enough. */
const FULL = { waiting: 10_000, pairs: 5, seconds: 2 } as const;
const QUICK = { waiting: 2000, pairs: 3, seconds: 1 } as const;
type Form = typeof FULL | typeof QUICK;
/** So many at once: a burst of all is more than the queue of reads takes. */
const AT_ONCE = 200;
const WRITERS = 4;

interface Answer {
  readonly status: number;
  readonly text: string;
}

interface Written {
  readonly server: Server;
  readonly ask: Ask;
  readonly token: string;
}

export async function benchParked(root: string, { full }: BenchForm): Promise<BenchRow[]> {
  const form = full ? FULL : QUICK;
  const dirs = [0, 1].map(() => mkdtempSync(join(tmpdir(), "ledge-bench-")));
  const started: Written[] = [];
  try {
    for (const dir of dirs) started.push(await startWritten(root, dir, form));
    const [alone, beside] = started;
    if (alone === undefined || beside === undefined) throw new Error("there are two servers");
    return await measure({ alone, beside }, form);
  } finally {
    for (const { server } of started) await server.stop();
    for (const dir of dirs) rmSync(dir, { recursive: true, force: true });
  }
}

async function startWritten(root: string, dir: string, { seconds }: Form): Promise<Written> {
  const server = await startServer(root, dir, ["--engine", "native"]);
  const token = readFileSync(join(dir, "admin-token"), "utf8").trim();
  const written = { server, token, ask: clientOf(server.url, token) };
  for (const namespace of ["concerned", "elsewhere"])
    await written.ask("PUT", `/v1/admin/namespaces/${namespace}`, "{}", { "if-none-match": "*" });
  await writesPerSecond(written, seconds);
  await writesPerSecond(written, seconds);
  return written;
}

type Ask = ReturnType<typeof clientOf>;

async function measure(
  { alone, beside }: { readonly alone: Written; readonly beside: Written },
  { waiting: count, pairs, seconds }: Form,
): Promise<BenchRow[]> {
  const { ask, server } = beside;
  const before = processSize(server.pid);
  const concerned = await park(ask, count);
  const parked = processSize(server.pid);
  const startedMs = performance.now();
  await put(ask, "concerned", "second");
  const answers = await Promise.all(concerned);
  const tookMs = performance.now() - startedMs;
  // Anew: nobody waits for longer than 55 s.
  const elsewhere = await park(ask, count);
  const rates: { readonly alone: number; readonly beside: number }[] = [];
  for (let pair = 0; pair < pairs; pair += 1) {
    // Which of the two is first changes from pair to pair.
    const measured = await measurePair(pair % 2 === 0 ? [alone, beside] : [beside, alone], seconds);
    rates.push({ alone: measured.get(alone) ?? 0, beside: measured.get(beside) ?? 0 });
  }
  const typical = middle(rates, (pair) => pair.beside / pair.alone);
  await put(ask, "concerned", "third");
  await Promise.all(elsewhere);
  const told = answers.filter(({ status, text }) => status === 200 && text.includes('"second"')).length;
  const all = count.toLocaleString("en-US");
  return [
    {
      work: `native: what ${all} parked requests hold`,
      figure: `${Math.round(parked.megabytes - before.megabytes)} MB and ${parked.threads - before.threads} threads more`,
      beside: `the server before them: ${Math.round(before.megabytes)} MB, ${before.threads} threads`,
      ratio: (parked.megabytes - before.megabytes) / before.megabytes,
      goal: "under 300 MB",
    },
    {
      work: `native: commits of ${WRITERS} clients beside ${all} parked in another namespace, the median of ${pairs} pairs`,
      figure: rate(typical.beside),
      beside: `a server without them: ${rate(typical.alone)}`,
      ratio: typical.beside / typical.alone,
      goal: "≥ 0.9",
    },
    {
      work: `native: one commit that concerns all of them (${told.toLocaleString("en-US")} answered)`,
      figure: `${(tookMs / 1000).toFixed(1)} s until the last`,
      beside: `${(tookMs / count).toFixed(2)} ms each`,
      ratio: undefined,
    },
  ];
}

/** Commits a second of both, in this order. */
async function measurePair(order: readonly Written[], seconds: number): Promise<Map<Written, number>> {
  const rates = new Map<Written, number>();
  for (const one of order) rates.set(one, await writesPerSecond(one, seconds));
  return rates;
}

/** Requests that wait, once all of them do. */
async function park(ask: Ask, count: number): Promise<Promise<Answer>[]> {
  const { revision: since }: { revision: number } = JSON.parse((await put(ask, "concerned", "first")).text);
  const waiting: Promise<Answer>[] = [];
  while (waiting.length < count) {
    for (let n = 0; n < AT_ONCE; n += 1)
      waiting.push(ask("GET", `/v1/changes?ns=concerned&since=${since}&wait=60`));
    await sleep(200);
  }
  // What the last of them left to do.
  await sleep(2000);
  return waiting;
}

function put(ask: Ask, namespace: string, key: string): Promise<Answer> {
  return ask("POST", "/v1/commit", JSON.stringify({ changes: [changeOf(namespace, key)] }));
}

function changeOf(namespace: string, key: string) {
  return { op: "put", namespace, key, ifRevision: "any", value: { key, at: performance.now() } };
}

function writesPerSecond({ server, token }: Written, seconds: number): Promise<number> {
  return requestsPerSecond({
    url: `${server.url}/v1/commit`,
    method: "POST",
    clients: WRITERS,
    seconds,
    headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
    body: (nth) => JSON.stringify({ changes: [changeOf("elsewhere", `${nth % 100}`)] }),
  });
}

function clientOf(url: string, token: string) {
  const agent = new Agent({ keepAlive: true, maxSockets: Number.POSITIVE_INFINITY });
  return (
    method: string,
    path: string,
    body?: string,
    more: Readonly<Record<string, string>> = {},
  ): Promise<Answer> => {
    const content =
      body === undefined
        ? {}
        : { "content-type": "application/json", "content-length": Buffer.byteLength(body) };
    const headers = { authorization: `Bearer ${token}`, ...content, ...more };
    return new Promise((resolve, reject) => {
      const sent = request(`${url}${path}`, { agent, method, headers }, (answer) => {
        let text = "";
        answer.setEncoding("utf8");
        answer.on("data", (piece: string) => {
          text += piece;
        });
        answer.on("end", () => resolve({ status: answer.statusCode ?? 0, text }));
      });
      sent.on("error", reject);
      sent.end(body);
    });
  };
}
