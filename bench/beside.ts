/**
 * Small reads beside heavy ones on the native engine: how much longer one document takes while others read pages of 1,000
 * documents, comparisons and feeds. Measured in turn, alone and beside them, so that whatever else the machine does is in
 * both; the load of both and the server share its cores.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startServer } from "../programs/demo-bcd/server.ts";
import { type Load, type Measured, measureLoad } from "./load.ts";
import { type BenchForm, type BenchRow, latencies, middle, rate } from "./rows.ts";
import { makeStore, putAll, smallDocuments } from "./stores.ts";

const DOCUMENTS = 10_000;
const SMALL_CLIENTS = 4;
/** Heavy requests at one time. */
const HEAVY_CLIENTS = [2, 4];

export async function benchBeside(root: string, { full }: BenchForm): Promise<BenchRow[]> {
  const dir = mkdtempSync(join(tmpdir(), "ledge-bench-"));
  try {
    const { db, token } = makeStore(root, dir);
    // A second life of each, so that there is something to compare.
    for (const life of [1, 2]) putAll(db, smallDocuments(DOCUMENTS, { life }));
    db.close();
    const server = await startServer(root, dir, ["--engine", "native"]);
    try {
      const loads = loadsOf(server.url, token, full ? 4 : 2);
      const rows: BenchRow[] = [];
      for (const clients of HEAVY_CLIENTS) rows.push(await measureBeside(loads, clients, full ? 5 : 1));
      return rows;
    } finally {
      await server.stop();
    }
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}

interface Loads {
  readonly small: Load;
  heavy(clients: number): Load;
}

function loadsOf(url: string, token: string, seconds: number): Loads {
  const headers = { authorization: `Bearer ${token}` };
  const all = { url: `${url}/v1/list/bench?limit=1000&values=json`, headers };
  const pages = [
    "/v1/list/bench?limit=1000&values=json",
    "/v1/diff/bench?from=5&limit=1000&values=json",
    "/v1/changes?ns=bench&since=5&limit=1000&values=json",
  ];
  return {
    small: {
      url,
      headers,
      clients: SMALL_CLIENTS,
      seconds,
      // None is answered from memory: each is judged, and looked up.
      differ: true,
      path: (nth) => `/v1/read/bench?key=${encodeURIComponent(`services/${nth % 1000}/limits/${nth}`)}`,
    },
    // It begins before what it stands beside, and ends after it.
    heavy: (clients) => ({ ...all, clients, seconds: seconds + 2, path: (nth) => pages[nth % 3] ?? "" }),
  };
}

async function measureBeside({ small, heavy }: Loads, clients: number, rounds: number): Promise<BenchRow> {
  await Promise.all([measureLoad(small), measureLoad(heavy(clients))]);
  const pairs: { readonly alone: Measured; readonly beside: Measured; readonly heavy: Measured }[] = [];
  for (let round = 0; round < rounds; round += 1) {
    const alone = await measureLoad(small);
    const pages = measureLoad(heavy(clients));
    await new Promise((begun) => setTimeout(begun, 1000));
    pairs.push({ alone, beside: await measureLoad(small), heavy: await pages });
  }
  const { alone, beside, heavy: pages } = middle(pairs, (pair) => pair.beside.p99 / pair.alone.p99);
  return {
    work: `native: read of one document, ${SMALL_CLIENTS} clients, beside ${clients} that read pages of 1,000 (${rate(pages.perSecond)}); the ratio is of the 99th percentiles`,
    figure: `${rate(beside.perSecond)}, ${latencies(beside)}`,
    beside: `alone: ${rate(alone.perSecond)}, ${latencies(alone)}`,
    ratio: beside.p99 / alone.p99,
    goal: "< 5",
  };
}
