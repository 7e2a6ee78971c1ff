/**
 * Ten thousand requests that wait for changes of one namespace, on the native engine: what they hold, what they cost a
 * writer elsewhere, and how long one change that concerns them all takes to be told.
 */
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { Agent, request } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { type Server, startServer } from "../programs/demo-bcd/server.ts";
import { processSize } from "./process-memory.ts";
import { type BenchRow, rate } from "./rows.ts";

const WAITING = 10_000;
/** So many at once: a burst of all is more than the queue of reads takes. */
const AT_ONCE = 200;
const WRITERS = 4;
const SECONDS = 4;

interface Answer {
  readonly status: number;
  readonly text: string;
}

export async function benchParked(root: string): Promise<BenchRow[]> {
  const dir = mkdtempSync(join(tmpdir(), "ledge-bench-"));
  const server = await startServer(root, dir, ["--engine", "native"]);
  try {
    return await measure(server, clientOf(server.url, readFileSync(join(dir, "admin-token"), "utf8").trim()));
  } finally {
    await server.stop();
    rmSync(dir, { recursive: true, force: true });
  }
}

type Ask = ReturnType<typeof clientOf>;

async function measure({ pid }: Server, ask: Ask): Promise<BenchRow[]> {
  for (const namespace of ["concerned", "elsewhere"])
    await ask("PUT", `/v1/admin/namespaces/${namespace}`, "{}", { "if-none-match": "*" });
  await writesPerSecond(ask);
  const alone = await writesPerSecond(ask);
  const before = processSize(pid);
  const { revision: since }: { revision: number } = JSON.parse((await put(ask, "concerned", "first")).text);
  const waiting: Promise<Answer>[] = [];
  while (waiting.length < WAITING) {
    for (let n = 0; n < AT_ONCE; n += 1)
      waiting.push(ask("GET", `/v1/changes?ns=concerned&since=${since}&wait=60`));
    await sleep(200);
  }
  const parked = processSize(pid);
  const beside = await writesPerSecond(ask);
  const startedMs = performance.now();
  await put(ask, "concerned", "second");
  const answers = await Promise.all(waiting);
  const tookMs = performance.now() - startedMs;
  const told = answers.filter(({ status, text }) => status === 200 && text.includes('"second"')).length;
  const count = WAITING.toLocaleString("en-US");
  return [
    {
      work: `native: memory with ${count} requests parked`,
      figure: `${Math.round(parked.megabytes)} MB, ${parked.threads} threads`,
      beside: `before them: ${Math.round(before.megabytes)} MB, ${before.threads} threads`,
      ratio: parked.megabytes / before.megabytes,
      goal: "under 300 MB",
    },
    {
      work: `native: commits of ${WRITERS} clients beside them, in another namespace`,
      figure: rate(beside),
      beside: `alone: ${rate(alone)}`,
      ratio: beside / alone,
      goal: "≥ 0.9",
    },
    {
      work: `native: one commit that concerns all of them (${told.toLocaleString("en-US")} answered)`,
      figure: `${(tookMs / 1000).toFixed(1)} s until the last`,
      beside: `${(tookMs / WAITING).toFixed(2)} ms each`,
      ratio: undefined,
    },
  ];
}

function put(ask: Ask, namespace: string, key: string): Promise<Answer> {
  const change = { op: "put", namespace, key, ifRevision: "any", value: { key, at: performance.now() } };
  return ask("POST", "/v1/commit", JSON.stringify({ changes: [change] }));
}

async function writesPerSecond(ask: Ask): Promise<number> {
  const endMs = performance.now() + SECONDS * 1000;
  let made = 0;
  const writer = async (_: unknown, nth: number) => {
    for (; performance.now() < endMs; made += 1) {
      const { status, text } = await put(ask, "elsewhere", `${nth}/${made % 100}`);
      if (status !== 200) throw new Error(text);
    }
  };
  await Promise.all(Array.from({ length: WRITERS }, writer));
  return made / SECONDS;
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
