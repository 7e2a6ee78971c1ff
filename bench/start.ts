/**
 * How long until the server answers, from a warm and from an empty cache, and the memory it then holds.
 */
import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startServer } from "../programs/demo-bcd/server.ts";
import { processSize } from "./process-memory.ts";
import type { BenchRow } from "./rows.ts";

export async function benchStart(root: string): Promise<BenchRow[]> {
  const dir = mkdtempSync(join(tmpdir(), "ledge-bench-"));
  try {
    const bare = await bareNode();
    rmSync(join(root, "dist", "cache"), { recursive: true, force: true });
    const cold = await startTime(root, join(dir, "a"));
    const warm = await startTime(root, join(dir, "a"));
    const beside = `node -e 0: ${bare.toFixed(2)} s`;
    return [
      {
        work: "start, nothing compiled and no store",
        figure: `${cold.seconds.toFixed(1)} s`,
        beside,
        ratio: cold.seconds / bare,
      },
      {
        work: "start, everything there",
        figure: `${warm.seconds.toFixed(1)} s`,
        beside,
        ratio: warm.seconds / bare,
      },
      {
        work: "memory of the server after its start",
        figure: `${Math.round(warm.megabytes)} MB`,
        beside: "bare Node: about 45 MB",
        ratio: warm.megabytes / 45,
      },
    ];
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}

async function startTime(root: string, data: string): Promise<{ seconds: number; megabytes: number }> {
  const startedMs = performance.now();
  const server = await startServer(root, data);
  const seconds = (performance.now() - startedMs) / 1000;
  const { megabytes } = processSize(server.pid);
  await server.stop();
  return { seconds, megabytes };
}

function bareNode(): Promise<number> {
  const startedMs = performance.now();
  return new Promise((done) => {
    spawn(process.execPath, ["-e", "0"]).once("exit", () => done((performance.now() - startedMs) / 1000));
  });
}
