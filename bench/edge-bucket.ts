/** A cold start of `ledge agent` from the bucket alone, beside one from the origin: from its process to its being ready. */
import { spawnSync } from "node:child_process";
import { mkdtempSync } from "node:fs";
import { join } from "node:path";
import type { BucketServer } from "../programs/start/bundled-bucket.ts";
import type { EdgeBench } from "./edge-bench.ts";
import { startAgentProgram } from "./edge-processes.ts";
import { type BenchRow, median } from "./rows.ts";

const RUNS = { full: 3, quick: 1 };

export async function bucketStartRow(bench: EdgeBench, bucket: BucketServer): Promise<BenchRow> {
  const { root, dir, origin, documents, full } = bench;
  const runs = full ? RUNS.full : RUNS.quick;
  await backUp(origin);
  const tokens = join(dir, "own.json");
  const program = join(root, "dist", "programs", "cli.mjs");
  const made = spawnSync(process.execPath, [
    program,
    "token",
    "local",
    "app",
    "-g",
    "read:bench",
    "--file",
    tokens,
  ]);
  if (made.status !== 0) throw new Error(String(made.stderr));
  const address = `${bucket.endpoint}/${bucket.bucketName}`;
  const ready = async (source: Parameters<typeof startAgentProgram>[2]) => {
    const startedMs = performance.now();
    const agent = await startAgentProgram(root, mkdtempSync(join(dir, "program-")), source);
    const seconds = (performance.now() - startedMs) / 1000;
    await agent.stop();
    return seconds;
  };
  const fromBucket = await median(runs, () => ready({ bucket: address, tokens }));
  const fromOrigin = await median(runs, () => ready({ from: origin.url, token: origin.token }));
  return {
    work: `cold start of \`ledge agent\` with ${documents.length.toLocaleString("en-US")} documents, from the bucket alone`,
    figure: `${fromBucket.toFixed(2)} s`,
    beside: `the same from the origin: ${fromOrigin.toFixed(2)} s`,
    ratio: fromBucket / fromOrigin,
  };
}

/** Until all of it is there. */
async function backUp({ url, token }: EdgeBench["origin"]): Promise<void> {
  const headers = { authorization: `Bearer ${token}` };
  for (let runs = 0; runs < 100; runs += 1) {
    const answer = await fetch(`${url}/v1/backup/run`, { method: "POST", headers });
    const text = await answer.text();
    if (answer.status !== 200) throw new Error(text);
    if (/"state":"nothing_new"/.test(text)) return;
  }
  throw new Error("the backup does not come to its end");
}
