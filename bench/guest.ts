/**
 * The real components on the embedded host over a store, without their schedule: what a bench asks of the exporter,
 * timed from outside.
 */
import { existsSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { startHost } from "../programs/host/host.ts";
import type { RunningHost } from "../programs/host/options.ts";
import { bundle } from "./threads.ts";

export interface Guest {
  /** POSTs to a route, with a JSON body where one is given, and times it; throws unless the answer was 200. */
  post(path: string, token: string, json?: string): Promise<{ seconds: number; body: unknown }>;
  /** Milliseconds of a tick as the schedule makes it; throws when it failed. */
  tick(): Promise<number>;
  /** The most that the exporter's Wasm memory had in its last request; it is told a moment after the answer. */
  memoryBytes(): Promise<number>;
  stop(): Promise<void>;
}

export async function startGuest(
  root: string,
  stateDir: string,
  variables: Readonly<Record<string, string>>,
): Promise<Guest> {
  const memoryFile = join(stateDir, "memory");
  // In the worker's text: a worker that begins later would see the environment of another guest.
  const define = { "process.env.LEDGE_BENCH_MEMORY_FILE": JSON.stringify(memoryFile) };
  const lines: string[] = [];
  const host: RunningHost = await startHost({
    manifest: join(root, "spin.toml"),
    stateDir,
    variables,
    environment: {},
    cron: false,
    workers: 1,
    cacheDir: join(root, "dist", "cache"),
    workerFile: await bundle(root, "guest-worker", define),
    log: ({ text }) => lines.push(text),
  });
  const failed = (what: string) => new Error(`${what}\n${lines.slice(-5).join("")}`);
  return {
    async post(path, token, json) {
      rmSync(memoryFile, { force: true });
      const startedMs = performance.now();
      const authorization = `Bearer ${token}`;
      const response = await fetch(`${host.url}${path}`, {
        method: "POST",
        headers:
          json === undefined ? { authorization } : { authorization, "content-type": "application/json" },
        ...(json === undefined ? {} : { body: json }),
      });
      const text = await response.text();
      if (!response.ok) throw failed(`POST ${path}: ${response.status} ${text}`);
      return { seconds: (performance.now() - startedMs) / 1000, body: JSON.parse(text) };
    },
    async tick() {
      const startedMs = performance.now();
      const error = await host.tick("snapshot-export");
      if (error !== undefined) throw failed(`the tick failed: ${error}`);
      return performance.now() - startedMs;
    },
    async memoryBytes() {
      while (!existsSync(memoryFile)) await sleep(20);
      return Number(readFileSync(memoryFile, "utf8"));
    },
    stop: () => host.stop(),
  };
}
