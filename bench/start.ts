/**
 * How long until a server answers, on both engines: from a warm and from an empty cache, with a store and without; and the
 * memory that it then holds, at once and after its first export.
 */
import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { startServer } from "../programs/demo-bcd/server.ts";
import { freePort } from "../testkit/etcd.ts";
import { processSize } from "./process-memory.ts";
import { type BenchForm, type BenchRow, median } from "./rows.ts";

const BARE_MB = 45;
/** V8 gives memory back some seconds after the last work; a tick comes with each minute. */
const [SETTLED_MS, SETTLED_QUICK_MS, TICKED_MS] = [12_000, 4000, 75_000];

export async function benchStart(root: string, form: BenchForm): Promise<BenchRow[]> {
  const dir = mkdtempSync(join(tmpdir(), "ledge-bench-"));
  try {
    const bare = await median(3, bareNode);
    const beside = `node -e 0: ${bare.toFixed(2)} s`;
    const row = (work: string, seconds: number, goal?: string): BenchRow => ({
      work,
      figure: `${seconds.toFixed(2)} s`,
      beside,
      ratio: seconds / bare,
      ...(goal === undefined ? {} : { goal }),
    });
    rmSync(join(root, "dist", "cache"), { recursive: true, force: true });
    const cold = await startTime(root, join(dir, "a"), form);
    const warm = await startTime(root, join(dir, "a"), form);
    const serveNew = await median(5, () => serveTime(root, mkdtempSync(join(dir, "new-"))));
    const serveAgain = await median(5, () => serveTime(root, join(dir, "again")));
    return [
      row("npm start, nothing compiled and no store", cold.seconds),
      row("npm start, everything there", warm.seconds),
      memoryRow("npm start: memory after a second start", warm.megabytes, "≤ 250 MB"),
      row("serve: from its process to the first 200 of /readyz, no store", serveNew, "< 1 s"),
      row("serve: the same, with a store", serveAgain, "< 1 s"),
      ...(await serveMemory(root, join(dir, "memory"), form)),
    ];
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}

async function startTime(
  root: string,
  data: string,
  { full }: BenchForm,
): Promise<{ seconds: number; megabytes: number }> {
  const startedMs = performance.now();
  const server = await startServer(root, data);
  const seconds = (performance.now() - startedMs) / 1000;
  await sleep(full ? SETTLED_MS : SETTLED_QUICK_MS);
  const { megabytes } = processSize(server.pid);
  await server.stop();
  return { seconds, megabytes };
}

/** Seconds from the start of the command's process to the first answer that says ready. */
async function serveTime(root: string, data: string): Promise<number> {
  const port = await freePort();
  const startedMs = performance.now();
  const served = serve(root, data, port);
  try {
    await ready(port);
    return (performance.now() - startedMs) / 1000;
  } finally {
    await served.stop();
  }
}

/** After a first start and after a second; in the full form after a minute's tick, too, which exports. */
async function serveMemory(root: string, data: string, { full }: BenchForm): Promise<BenchRow[]> {
  const rows: BenchRow[] = [];
  for (const start of ["first", "second"]) {
    const port = await freePort();
    const served = serve(root, data, port);
    try {
      await ready(port);
      await sleep(full ? SETTLED_MS : SETTLED_QUICK_MS);
      rows.push(
        memoryRow(`serve: memory after a ${start} start`, processSize(served.pid).megabytes, "≤ 150 MB"),
      );
      if (!full) continue;
      await sleep(TICKED_MS);
      const { megabytes } = processSize(served.pid);
      rows.push(memoryRow(`serve: memory a minute after a ${start} start`, megabytes, "≤ 150 MB"));
    } finally {
      await served.stop();
    }
  }
  return rows;
}

function memoryRow(work: string, megabytes: number, goal: string): BenchRow {
  const beside = `bare Node: about ${BARE_MB} MB`;
  return { work, figure: `${Math.round(megabytes)} MB`, beside, ratio: megabytes / BARE_MB, goal };
}

function serve(root: string, data: string, port: number): { readonly pid: number; stop(): Promise<void> } {
  const args = [join(root, "ledge"), "serve", "--data", data, "--port", String(port)];
  const child = spawn(process.execPath, args, { stdio: "ignore" });
  const ended = new Promise<void>((done) => child.once("exit", () => done()));
  return {
    pid: child.pid ?? 0,
    async stop() {
      child.kill("SIGINT");
      await ended;
    },
  };
}

async function ready(port: number): Promise<void> {
  for (let tries = 0; tries < 6000; tries += 1) {
    const status = await fetch(`http://127.0.0.1:${port}/readyz`).then(
      (answer) => answer.status,
      () => undefined,
    );
    if (status === 200) return;
    await sleep(5);
  }
  throw new Error("the server was not ready in half a minute");
}

function bareNode(): Promise<number> {
  const startedMs = performance.now();
  return new Promise((done) => {
    spawn(process.execPath, ["-e", "0"]).once("exit", () => done((performance.now() - startedMs) / 1000));
  });
}
