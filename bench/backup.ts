/**
 * The exporter in its guest: how fast a first export and a replay proof are, beside the same code in a thread of
 * Node, what the guest's memory grows to, and what a tick costs after a few and after many changes in a small and
 * in a large store.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type CountedBucket, startCountedBucket } from "./counted-bucket.ts";
import { type Guest, startGuest } from "./guest.ts";
import { megabytesPerSecond, type Row } from "./rows.ts";
import { type Document, type MadeStore, makeStore, putAll, realDocuments, smallDocuments } from "./stores.ts";
import { runThread } from "./threads.ts";

/** `LEDGE_BENCH_QUICK=1` takes a tenth of the large store. */
const LARGE = process.env.LEDGE_BENCH_QUICK === "1" ? 100_000 : 1_000_000;
const SMALL = 1000;
const CHANGES = [1, 1000, 100_000];
/** Of a tick after one change: several, since one is short. */
const TICKS = 5;
const WASM_MAX_MB = 4295;

export async function benchExport(root: string): Promise<Row[]> {
  const rate = await inBench(root, realDocuments(30), (bench) => exportRate(root, bench));
  const small = await inBench(root, smallDocuments(SMALL), (bench) => ticks(bench, SMALL));
  const large = await inBench(root, smallDocuments(LARGE), async (bench) => {
    const memory = await memoryOf(bench);
    return { memory, ticks: await ticks(bench, LARGE) };
  });
  return [...rate, ...large.memory, ...costRows(small, large.ticks)];
}

interface Bench extends MadeStore {
  readonly file: string;
  readonly guest: Guest;
  readonly bucket: CountedBucket;
}

/** A store of the documents with a guest over it and an empty bucket, all gone afterwards. */
async function inBench<T>(
  root: string,
  documents: Iterable<Document>,
  work: (bench: Bench) => Promise<T>,
): Promise<T> {
  const dir = mkdtempSync(join(tmpdir(), "ledge-bench-"));
  const bucket = await startCountedBucket();
  const { db, token } = makeStore(root, dir);
  try {
    putAll(db, documents);
    const guest = await startGuest(root, dir, bucket.variables);
    try {
      return await work({ db, token, file: join(dir, "ledge.db"), guest, bucket });
    } finally {
      await guest.stop();
    }
  } finally {
    db.close();
    await bucket.stop();
    rmSync(dir, { recursive: true, force: true });
  }
}

async function exportRate(root: string, { guest, token, bucket, file }: Bench): Promise<Row[]> {
  // Before the guest's, whose notes in the store would leave nothing to export; it goes to a bucket of its own.
  const other = await startCountedBucket();
  let nodeSeconds: number;
  try {
    const startedMs = performance.now();
    await runThread(root, "node-exporter", { file, settings: other.settings });
    nodeSeconds = (other.traffic().headMs - startedMs) / 1000;
  } finally {
    await other.stop();
  }
  const startedMs = performance.now();
  await guest.post("/v1/backup/run", token);
  const seconds = (bucket.traffic().headMs - startedMs) / 1000;
  const exportedMb = bucket.rawBytes() / 1e6;
  const proof = await proofSeconds(guest, token);
  const rate = exportedMb / seconds;
  const work = `first export of a store of 30 MB in the guest, ${exportedMb.toFixed(0)} MB of NDJSON`;
  return [
    {
      work,
      figure: megabytesPerSecond(exportedMb, seconds),
      beside: `the same exporter in Node: ${megabytesPerSecond(exportedMb, nodeSeconds)}`,
      ratio: nodeSeconds / seconds,
    },
    {
      work,
      figure: megabytesPerSecond(exportedMb, seconds),
      beside: "20 MB/s",
      ratio: rate / 20,
      goal: "≥ 1",
    },
    {
      work: "its replay proof in the guest, half of the NDJSON read back",
      figure: megabytesPerSecond(exportedMb / 2, proof),
      beside: `the export: ${seconds.toFixed(1)} s`,
      ratio: proof / seconds,
    },
  ];
}

/** Seconds of a replay proof, in as many calls as it takes. */
async function proofSeconds(guest: Guest, token: string): Promise<number> {
  for (let seconds = 0; ; ) {
    const answer = await guest.post("/v1/backup/prove", token);
    seconds += answer.seconds;
    if (JSON.stringify(answer.body).includes('"proven"')) return seconds;
  }
}

/** The first export of the large store, and a proof of it. */
async function memoryOf({ guest, token, bucket }: Bench): Promise<Row[]> {
  const startedMs = performance.now();
  await guest.post("/v1/backup/run", token);
  const seconds = (bucket.traffic().headMs - startedMs) / 1000;
  const afterExport = (await guest.memoryBytes()) / 1e6;
  const rawMb = bucket.rawBytes() / 1e6;
  const proof = await proofSeconds(guest, token);
  const afterProof = (await guest.memoryBytes()) / 1e6;
  const documents = LARGE.toLocaleString("en-US");
  const beside = "what a Wasm memory can be: 4,295 MB";
  return [
    {
      work: `Wasm memory after the first export of ${documents} documents and its proof`,
      figure: `${afterExport.toFixed(0)} MB (export: ${rawMb.toFixed(0)} MB of NDJSON in ${seconds.toFixed(0)} s)`,
      beside,
      ratio: afterExport / WASM_MAX_MB,
    },
    {
      work: `Wasm memory after another replay proof of ${documents} documents`,
      figure: `${afterProof.toFixed(0)} MB (proof: ${proof.toFixed(0)} s)`,
      beside,
      ratio: afterProof / WASM_MAX_MB,
    },
  ];
}

interface TickCost {
  readonly documents: number;
  readonly changes: number;
  readonly ms: number;
  readonly requests: number;
  readonly written: number;
  readonly writtenBytes: number;
}

/** What a tick costs after so many changes; the first export is made when there is none yet. */
async function ticks({ db, guest, token, bucket }: Bench, documents: number): Promise<TickCost[]> {
  await guest.post("/v1/backup/run", token);
  const costs: TickCost[] = [];
  for (const changes of CHANGES) {
    const runs: TickCost[] = [];
    for (let run = 0; run < (changes === 1 ? TICKS : 1); run += 1) {
      putAll(db, smallDocuments(changes, { among: documents, life: changes + run }));
      bucket.traffic();
      const ms = await guest.tick();
      runs.push({ documents, changes, ms, ...bucket.traffic() });
    }
    const median = runs.sort((left, right) => left.ms - right.ms)[Math.floor(runs.length / 2)];
    if (median !== undefined) costs.push(median);
  }
  return costs;
}

function costRows(small: readonly TickCost[], large: readonly TickCost[]): Row[] {
  return large.map((cost, at) => {
    const other = small[at] ?? cost;
    const { changes, documents } = cost;
    return {
      work: `tick after ${count(changes, "change")} in ${documents.toLocaleString("en-US")} documents, in the guest`,
      figure: tickFigure(cost),
      beside: `in ${other.documents.toLocaleString("en-US")}: ${tickFigure(other)}`,
      ratio: cost.ms / other.ms,
      ...(changes === 1 ? { goal: "about 1: cost follows the change" } : {}),
    };
  });
}

function tickFigure({ ms, requests, written, writtenBytes }: TickCost): string {
  return `${Math.round(ms)} ms, ${requests} requests, ${written} objects of ${(writtenBytes / 1000).toFixed(1)} kB`;
}

function count(number: number, noun: string): string {
  return `${number.toLocaleString("en-US")} ${noun}${number === 1 ? "" : "s"}`;
}
