/**
 * What a store's size does to it: reads and durable commits of single documents, chosen evenly among all of them, over
 * stores of 1,000, 100,000 and (in the full form) 1,000,000 documents on the native engine. Every read differs from
 * all before, so none is answered from memory: SQLite finds each.
 */
import { mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startServer } from "../programs/demo-bcd/server.ts";
import { type Measured, measureLoad } from "./load.ts";
import { processSize } from "./process-memory.ts";
import { type BenchForm, type BenchRow, latencies, rate } from "./rows.ts";
import { makeStore, putAll, smallDocuments } from "./stores.ts";

const CLIENTS = 16;
const ASKED = 2000;

export async function benchGrowth(root: string, { full }: BenchForm): Promise<BenchRow[]> {
  const sizes = [1000, 100_000, ...(full ? [1_000_000] : [])];
  const rows: BenchRow[] = [];
  let first: Grown | undefined;
  for (const documents of sizes) {
    const grown = await measureAt(root, documents, full ? 4 : 2);
    first ??= grown;
    rows.push(...rowsOf(documents, grown, first));
  }
  return rows;
}

interface Grown {
  readonly read: Measured;
  readonly commit: Measured;
  readonly megabytes: number;
  readonly fileMegabytes: number;
}

async function measureAt(root: string, documents: number, seconds: number): Promise<Grown> {
  const dir = mkdtempSync(join(tmpdir(), "ledge-bench-"));
  try {
    const { db, token } = makeStore(root, dir);
    putAll(db, smallDocuments(documents));
    db.close();
    const server = await startServer(root, dir, ["--engine", "native"]);
    try {
      const headers = { authorization: `Bearer ${token}` };
      // A step that is prime to every size comes by all of them.
      const keyOf = (nth: number) => keyAt((nth * 7919) % documents);
      const reads = {
        url: `${server.url}/v1/read/bench`,
        headers,
        clients: CLIENTS,
        seconds,
        differ: true,
        path: (nth: number) => `/v1/read/bench?key=${encodeURIComponent(keyOf(nth))}`,
      };
      const commits = {
        url: `${server.url}/v1/commit`,
        method: "POST",
        clients: CLIENTS,
        seconds,
        headers: { ...headers, "content-type": "application/json" },
        body: (nth: number) =>
          JSON.stringify({
            changes: [
              {
                op: "put",
                namespace: "bench",
                key: keyOf(nth),
                ifRevision: "any",
                value: { nth, documents },
              },
            ],
          }),
      } as const;
      await measureLoad(reads);
      await measureLoad(commits);
      const read = await measureLoad(reads);
      const commit = await measureLoad(commits);
      const { megabytes } = processSize(server.pid);
      return { read, commit, megabytes, fileMegabytes: statSync(join(dir, "ledge.db")).size / 1e6 };
    } finally {
      await server.stop();
    }
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}

function keyAt(number: number): string {
  return `services/${number % 1000}/limits/${number}`;
}

function rowsOf(documents: number, grown: Grown, first: Grown): BenchRow[] {
  const among = `among ${documents.toLocaleString("en-US")} documents, ${CLIENTS} clients`;
  const row = (work: string, now: Measured, before: Measured): BenchRow => ({
    work: `native: ${work} ${among}`,
    figure: `${rate(now.perSecond)}, ${latencies(now)}`,
    beside: `among 1,000: ${rate(before.perSecond)}`,
    ratio: now.perSecond / before.perSecond,
  });
  return [
    row(`read of one of ${ASKED.toLocaleString("en-US")}`, grown.read, first.read),
    row("durable commit of one", grown.commit, first.commit),
    {
      work: `native: memory after that, ${among}`,
      figure: `${Math.round(grown.megabytes)} MB, the file ${grown.fileMegabytes.toFixed(0)} MB`,
      beside: `among 1,000: ${Math.round(first.megabytes)} MB`,
      ratio: grown.megabytes / first.megabytes,
    },
  ];
}
