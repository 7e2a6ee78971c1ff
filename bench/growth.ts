/**
 * What a store's size does to it: reads, pages, histories, comparisons, feeds, the log and durable commits, over stores of
 * 1,000, 100,000 and (in the full form) 1,000,000 documents with ten versions each, on the native engine. What is asked
 * is spread evenly over all documents, and nothing is answered from memory: SQLite finds each.
 */
import { mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startServer } from "../programs/demo-bcd/server.ts";
import { type Load, type Measured, measureLoad } from "./load.ts";
import { processSize } from "./process-memory.ts";
import { type BenchForm, type BenchRow, latencies, rate } from "./rows.ts";
import { makeStore, putAll, smallDocuments } from "./stores.ts";

const FULL = { sizes: [1000, 100_000, 1_000_000], seconds: 3 } as const;
const QUICK = { sizes: [1000, 20_000], seconds: 1 } as const;
const CLIENTS = 16;
const VERSIONS = 10;
/** Items of a page. */
const PAGE = 100;
/** Of a commit, so that the smallest store has a hundred commits. */
const CHANGES = 100;
/** Commits of a comparison, and of a page of the log. */
const COMMITS = 5;

export async function benchGrowth(root: string, { full }: BenchForm): Promise<BenchRow[]> {
  const { sizes, seconds } = full ? FULL : QUICK;
  const rows: BenchRow[] = [];
  let first: Grown | undefined;
  for (const documents of sizes) {
    const grown = await measureAt(root, documents, seconds);
    first ??= grown;
    rows.push(...rowsOf(documents, grown, first));
  }
  return rows;
}

interface Grown {
  readonly works: readonly { readonly work: string; readonly measured: Measured }[];
  readonly megabytes: number;
  readonly fileMegabytes: number;
}

async function measureAt(root: string, documents: number, seconds: number): Promise<Grown> {
  const dir = mkdtempSync(join(tmpdir(), "ledge-bench-"));
  try {
    const { db, token } = makeStore(root, dir);
    for (let life = 0; life < VERSIONS; life += 1)
      putAll(db, smallDocuments(documents, { life }), { changes: CHANGES });
    const head = Number(db.all("select revision from store")[0]?.[0]);
    db.close();
    const server = await startServer(root, dir, ["--engine", "native"]);
    try {
      const works = [];
      for (const { work, ...load } of worksOn(documents, head)) {
        const asked = {
          ...load,
          clients: CLIENTS,
          seconds,
          headers: { ...JSON_BODY, authorization: `Bearer ${token}` },
        };
        await measureLoad({ ...asked, url: server.url, seconds: 1 });
        works.push({ work, measured: await measureLoad({ ...asked, url: server.url }) });
      }
      const { megabytes } = processSize(server.pid);
      return { works, megabytes, fileMegabytes: statSync(join(dir, "ledge.db")).size / 1e6 };
    } finally {
      await server.stop();
    }
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}

const JSON_BODY = { "content-type": "application/json" } as const;

type Work = Pick<Load, "method" | "path" | "body" | "differ"> & { readonly work: string };

function worksOn(documents: number, head: number): Work[] {
  // A step that is prime to every size comes by all of them.
  const numberOf = (nth: number) => (nth * 7919) % documents;
  const get = (work: string, path: (nth: number) => string): Work => ({ work, path });
  /** A revision at which there is something to see, and another one each time. */
  const revisionOf = (nth: number) => head - COMMITS - (nth % Math.min(1000, head - COMMITS - 10));
  return [
    {
      work: "read of one",
      path: (nth) => `/v1/read/bench?key=${encodeURIComponent(keyAt(numberOf(nth)))}`,
      // A read that comes again is answered from memory; of the others no answer is kept.
      differ: true,
    },
    get(
      `page of ${PAGE}`,
      (nth) => `/v1/list/bench?prefix=services/${(nth % 9) + 1}&limit=${PAGE}&values=json`,
    ),
    get("history of one", (nth) => `/v1/history/bench?key=${encodeURIComponent(keyAt(numberOf(nth)))}`),
    get(
      `comparison over ${COMMITS} commits of ${CHANGES}, page of ${PAGE}`,
      (nth) => `/v1/diff/bench?from=${revisionOf(nth)}&to=${revisionOf(nth) + COMMITS}&limit=${PAGE}`,
    ),
    get(
      `feed of ${COMMITS} commits of ${CHANGES}`,
      (nth) => `/v1/changes?ns=bench&since=${revisionOf(nth)}&limit=${COMMITS * CHANGES}`,
    ),
    get(
      `${COMMITS} commits of the log`,
      (nth) => `/v1/commits?ns=bench&to=${revisionOf(nth)}&limit=${COMMITS}`,
    ),
    {
      work: "durable commit of one",
      method: "POST",
      path: () => "/v1/commit",
      body: (nth) =>
        JSON.stringify({
          changes: [
            {
              op: "put",
              namespace: "bench",
              key: keyAt(numberOf(nth)),
              ifRevision: "any",
              value: { nth, documents },
            },
          ],
        }),
    },
  ];
}

function keyAt(number: number): string {
  return `services/${number % 1000}/limits/${number}`;
}

function rowsOf(documents: number, grown: Grown, first: Grown): BenchRow[] {
  const among = `among ${documents.toLocaleString("en-US")} documents of ${VERSIONS} versions, ${CLIENTS} clients`;
  const rows = grown.works.map(({ work, measured }, at): BenchRow => {
    const before = first.works[at]?.measured ?? measured;
    return {
      work: `native: ${work} ${among}`,
      figure: `${rate(measured.perSecond)}, ${latencies(measured)}`,
      beside: `among 1,000: ${rate(before.perSecond)}`,
      ratio: measured.perSecond / before.perSecond,
    };
  });
  return [
    ...rows,
    {
      work: `native: memory after that, ${among}`,
      figure: `${Math.round(grown.megabytes)} MB, the file ${grown.fileMegabytes.toFixed(0)} MB`,
      beside: `among 1,000: ${Math.round(first.megabytes)} MB`,
      ratio: grown.megabytes / first.megabytes,
    },
  ];
}
