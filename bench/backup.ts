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
import { type BenchForm, type BenchRow, megabytesPerSecond, middle } from "./rows.ts";
import {
  type BenchDocument,
  type MadeStore,
  makeStore,
  putAll,
  realDocuments,
  smallDocuments,
} from "./stores.ts";
import { runThread } from "./threads.ts";

const SMALL = 1000;
/** What is measured in the full form, and in the quick one: documents of the large store, megabytes of real ones, changes. */
const FULL = { large: 1_000_000, realMb: 30, changes: [1, 1000, 100_000] } as const;
const QUICK = { large: 50_000, realMb: 6, changes: [1, 1000] } as const;
type Sizes = typeof FULL | typeof QUICK;
/** Of a tick after one change: several, since one is short. */
const TICKS = 5;
const WASM_MAX_MB = 4295;

export async function benchExport(root: string, { full }: BenchForm): Promise<BenchRow[]> {
  const sizes = full ? FULL : QUICK;
  const rate = await inBench(root, realDocuments(sizes.realMb), (bench) => exportRate(root, bench, sizes));
  const large = await inBench(root, smallDocuments(SMALL), (small) =>
    inBench(root, smallDocuments(sizes.large), async (other) => {
      const memory = await memoryOf(other, sizes);
      return [...memory, ...(await tickRows({ small, large: other }, sizes))];
    }),
  );
  return [...rate, ...large];
}

interface Bench extends MadeStore {
  readonly file: string;
  readonly guest: Guest;
  readonly bucket: CountedBucket;
}

/** A store of the documents with a guest over it and an empty bucket, all gone afterwards. */
async function inBench<T>(
  root: string,
  documents: Iterable<BenchDocument>,
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

async function exportRate(
  root: string,
  { guest, token, bucket, file }: Bench,
  { realMb }: Sizes,
): Promise<BenchRow[]> {
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
  await exportAll(guest, token);
  const seconds = (bucket.traffic().headMs - startedMs) / 1000;
  const exportedMb = bucket.rawBytes() / 1e6;
  const { seconds: proof } = await proveAnew(guest, token);
  const rate = exportedMb / seconds;
  const work = `first export of a store of ${realMb} MB in the guest, ${exportedMb.toFixed(0)} MB of NDJSON`;
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

/** Runs until there is no more; gives the most memory that one had. */
async function exportAll(guest: Guest, token: string): Promise<number> {
  for (let most = 0; ; ) {
    const { body } = await guest.post("/v1/backup/run", token);
    most = Math.max(most, await guest.memoryBytes());
    if (!JSON.stringify(body).includes('"more":true')) return most;
  }
}

/** A replay proof from its beginning; one that is going on already is ended first. */
async function proveAnew(guest: Guest, token: string): Promise<{ seconds: number; memoryBytes: number }> {
  await proveAll(guest, token);
  return proveAll(guest, token);
}

/** A replay proof, in as many calls as it takes. */
async function proveAll(guest: Guest, token: string): Promise<{ seconds: number; memoryBytes: number }> {
  for (let [seconds, most] = [0, 0]; ; ) {
    const answer = await guest.post("/v1/backup/prove", token);
    seconds += answer.seconds;
    most = Math.max(most, await guest.memoryBytes());
    if (JSON.stringify(answer.body).includes('"proven"')) return { seconds, memoryBytes: most };
  }
}

/** The first export of the large store, and a proof of it. */
async function memoryOf({ guest, token, bucket }: Bench, sizes: Sizes): Promise<BenchRow[]> {
  const startedMs = performance.now();
  const memoryBytes = await exportAll(guest, token);
  const seconds = (bucket.traffic().headMs - startedMs) / 1000;
  const rawMb = bucket.rawBytes() / 1e6;
  const proof = await proveAnew(guest, token);
  const [afterExport, afterProof] = [memoryBytes / 1e6, proof.memoryBytes / 1e6];
  const documents = sizes.large.toLocaleString("en-US");
  const beside = "what a Wasm memory can be: 4,295 MB";
  return [
    {
      work: `the most Wasm memory of a run of the first export of ${documents} documents and its proof`,
      figure: `${afterExport.toFixed(0)} MB (export: ${rawMb.toFixed(0)} MB of NDJSON in ${seconds.toFixed(0)} s)`,
      beside,
      ratio: afterExport / WASM_MAX_MB,
    },
    {
      work: `the most Wasm memory of another replay proof of ${documents} documents`,
      figure: `${afterProof.toFixed(0)} MB (proof: ${proof.seconds.toFixed(0)} s)`,
      beside,
      ratio: afterProof / WASM_MAX_MB,
    },
  ];
}

interface TickCost {
  readonly ms: number;
  readonly requests: number;
  readonly written: number;
  readonly writtenBytes: number;
}

/** What a tick costs after so many changes, in both stores in turn: how busy the machine is then tells on both. */
async function tickRows(
  { small, large }: { readonly small: Bench; readonly large: Bench },
  sizes: Sizes,
): Promise<BenchRow[]> {
  await exportAll(small.guest, small.token);
  const rows: BenchRow[] = [];
  for (const changes of sizes.changes) {
    const costs: { small: TickCost; large: TickCost }[] = [];
    for (let run = 0; run < (changes === 1 ? TICKS : 1); run += 1) {
      const life = changes + run;
      costs.push({
        small: await tickAfter(small, smallDocuments(changes, { among: SMALL, life })),
        large: await tickAfter(large, smallDocuments(changes, { among: sizes.large, life })),
      });
    }
    const [inSmall, inLarge] = [
      middle(
        costs.map((cost) => cost.small),
        ({ ms }) => ms,
      ),
      middle(
        costs.map((cost) => cost.large),
        ({ ms }) => ms,
      ),
    ];
    rows.push({
      work: `tick after ${count(changes, "change")} in ${sizes.large.toLocaleString("en-US")} documents, in the guest`,
      figure: tickFigure(inLarge),
      beside: `in ${SMALL.toLocaleString("en-US")}: ${tickFigure(inSmall)}`,
      ratio: inLarge.ms / inSmall.ms,
      ...(changes === 1 ? { goal: "about 1: cost follows the change" } : {}),
    });
  }
  return rows;
}

async function tickAfter(
  { db, guest, bucket }: Bench,
  documents: Iterable<BenchDocument>,
): Promise<TickCost> {
  putAll(db, documents);
  bucket.traffic();
  const ms = await guest.tick();
  return { ms, ...bucket.traffic() };
}

function tickFigure({ ms, requests, written, writtenBytes }: TickCost): string {
  return `${Math.round(ms)} ms, ${requests} requests, ${written} objects of ${(writtenBytes / 1000).toFixed(1)} kB`;
}

function count(number: number, noun: string): string {
  return `${number.toLocaleString("en-US")} ${noun}${number === 1 ? "" : "s"}`;
}
