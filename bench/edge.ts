/**
 * An agent at the edge, over real documents: reads in process and over HTTP beside what is bare, a cold start from an origin, from
 * another agent and from the bucket, what following costs, and how soon a commit is visible at many agents.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { readRecords } from "../programs/demo-bcd/records.ts";
import { startServer } from "../programs/demo-bcd/server.ts";
import { startBucket } from "../programs/start/bundled-bucket.ts";
import { environmentOf, variablesOf } from "../testkit/bucket-settings.ts";
import { addNamespace } from "../testkit/proposals.ts";
import type { EdgeBench } from "./edge-bench.ts";
import { bucketStartRow } from "./edge-bucket.ts";
import { FOLLOWED, followingRows } from "./edge-following.ts";
import { httpRows } from "./edge-http.ts";
import { startAgentProgram, startLibrary } from "./edge-processes.ts";
import { inProcessRows } from "./edge-reads.ts";
import { processSize } from "./process-memory.ts";
import type { BenchForm, BenchPart, BenchRow } from "./rows.ts";
import { makeStore, putAll } from "./stores.ts";

export async function benchEdge(root: string, { full }: BenchForm): Promise<BenchPart> {
  const dir = mkdtempSync(join(tmpdir(), "ledge-bench-"));
  const { records } = readRecords("@mdn/browser-compat-data");
  const documents = [...records].map(([key, value]) => ({ key, value }));
  const { db, token } = makeStore(root, dir);
  putAll(db, documents);
  // Small, so that what is measured there is a commit and no snapshot.
  addNamespace(db, FOLLOWED);
  db.close();
  const bucket = await startBucket({ dir: join(dir, "objects") });
  // The server and the agents inherit it.
  Object.assign(process.env, environmentOf(variablesOf(bucket)));
  const server = await startServer(root, dir, ["--engine", "native"]);
  try {
    const bench = { root, dir, origin: { url: server.url, token }, documents, full };
    const rows = [
      ...(await inProcessRows(bench)),
      ...(await coldStartRows(bench)),
      await bucketStartRow(bench, bucket),
      ...(await followingRows(bench)),
    ];
    return { rows };
  } finally {
    await server.stop();
    await bucket.stop();
    for (const name of Object.keys(environmentOf(variablesOf(bucket)))) delete process.env[name];
    rmSync(dir, { recursive: true, force: true });
  }
}

/** Until an agent as a library serves, and the program's reads and memory. */
async function coldStartRows(bench: EdgeBench): Promise<BenchRow[]> {
  const { root, dir, origin, documents } = bench;
  const relay = await startAgentProgram(root, join(dir, "relay"), { from: origin.url, token: origin.token });
  try {
    const fromOrigin = await coldStart(bench, origin.url);
    const fromRelay = await coldStart(bench, relay.url);
    const work = `cold start of an agent with ${documents.length.toLocaleString("en-US")} documents`;
    const text = ({ ms, megabytes }: ColdStart) =>
      `${(ms / 1000).toFixed(2)} s, ${megabytes.toFixed(1)} MB of bodies`;
    const before = processSize(relay.pid).megabytes;
    const reads = await httpRows(bench, relay);
    return [
      { work: `${work}, from the origin`, figure: text(fromOrigin), beside: "", ratio: undefined },
      {
        work: `${work}, from a relay`,
        figure: text(fromRelay),
        beside: `from the origin: ${(fromOrigin.ms / 1000).toFixed(2)} s`,
        ratio: fromRelay.ms / fromOrigin.ms,
      },
      ...reads,
      memoryRow("`ledge agent` that has served as a relay", before),
      memoryRow("`ledge agent` after the reads over HTTP", processSize(relay.pid).megabytes),
    ];
  } finally {
    await relay.stop();
  }
}

interface ColdStart {
  readonly ms: number;
  readonly megabytes: number;
}

async function coldStart({ root, dir, origin }: EdgeBench, url: string): Promise<ColdStart> {
  const library = await startLibrary(root);
  const folder = mkdtempSync(join(dir, "cold-"));
  const { figure, bytes } = await library.carryOut({
    do: "open",
    url,
    token: origin.token,
    namespace: "bench",
    folders: [folder],
  });
  await library.end();
  return { ms: figure, megabytes: bytes / 1e6 };
}

function memoryRow(what: string, megabytes: number): BenchRow {
  return {
    work: `memory of ${what}`,
    figure: `${Math.round(megabytes)} MB`,
    beside: "bare Node: about 45 MB",
    ratio: megabytes / 45,
  };
}
