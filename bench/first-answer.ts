/**
 * From an empty data folder and a bucket to the first answer with 200: a restore by the command, then a start. The
 * packages and the built components are there already; `start` measures what it takes when they are not compiled.
 */
import { spawnSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startServer } from "../programs/demo-bcd/server.ts";
import { type BenchRow, median } from "./rows.ts";

const RUNS = 3;

export async function benchFirstAnswer(root: string): Promise<BenchRow[]> {
  const dir = mkdtempSync(join(tmpdir(), "ledge-bench-"));
  const [data, empty] = [join(dir, "data"), join(dir, "empty")];
  try {
    const server = await startServer(root, data);
    ledge(root, data, "backup", "run");
    await server.stop();
    const alone = await median(RUNS, () => untilFirstAnswer(root, data));
    const restored = await median(RUNS, async () => {
      rmSync(empty, { recursive: true, force: true });
      mkdirSync(empty);
      cpSync(join(data, "bucket"), join(empty, "bucket"), { recursive: true });
      const startedMs = performance.now();
      ledge(root, empty, "restore", "--to", join(empty, "ledge.db"));
      const restoring = (performance.now() - startedMs) / 1000;
      return restoring + (await untilFirstAnswer(root, empty));
    });
    return [
      {
        work: "an empty data folder and a bucket with the demo: restore, start, first 200",
        figure: `${restored.toFixed(1)} s`,
        beside: `the start of a store that is there, first 200: ${alone.toFixed(1)} s`,
        ratio: restored / alone,
      },
    ];
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}

/** Seconds from the start of the server's process until /readyz is 200. */
async function untilFirstAnswer(root: string, data: string): Promise<number> {
  const startedMs = performance.now();
  const server = await startServer(root, data);
  try {
    const { status } = await fetch(`${server.url}/readyz`);
    if (status !== 200) throw new Error(`/readyz answered ${status}`);
    return (performance.now() - startedMs) / 1000;
  } finally {
    await server.stop();
  }
}

function ledge(root: string, data: string, ...args: string[]): void {
  const program = join(root, "dist", "programs", "cli.mjs");
  const { status, stderr } = spawnSync(process.execPath, [program, "--data", data, ...args], {
    encoding: "utf8",
  });
  if (status !== 0) throw new Error(`ledge ${args.join(" ")} ended with ${status}: ${stderr}`);
}
