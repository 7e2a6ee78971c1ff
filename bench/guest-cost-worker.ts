/**
 * The host's worker thread with one addition: it writes to a file what the last requests of small components cost: the
 * guest's own time, the time and number of its calls to the host, and the pages of memory that it changed.
 */
import { renameSync, writeFileSync } from "node:fs";
import { parentPort, workerData } from "node:worker_threads";
import { QuickGuest } from "../programs/host/guests/quick-guest.ts";
import type { GuestRequest } from "../programs/host/pool/protocol.ts";
import type { GuestCost } from "./guest-cost.ts";

const KEPT = 200;
const PAGE_BYTES = 4096;
/** Comparing a memory takes longer than the request. */
const PAGES_EVERY = 20;

type Callable = (...parameters: unknown[]) => unknown;
const isCallable = (value: unknown): value is Callable => typeof value === "function";

const file = process.env.LEDGE_BENCH_COST_FILE;
const costs: GuestCost[] = [];
const memories = new Set<WebAssembly.Memory>();
/** What one instance of a component calls in another is no call to the host. */
const inside = new WeakSet<Callable>();
let now = { calls: 0, hostMs: 0 };
let handled = 0;

function timed(call: Callable): Callable {
  return (...parameters) => {
    const startedMs = performance.now();
    try {
      return call(...parameters);
    } finally {
      now.calls += 1;
      now.hostMs += performance.now() - startedMs;
    }
  };
}

function timedImports(imports: Record<string, unknown>): Record<string, unknown> {
  const values = (module: unknown) =>
    Object.entries(Object(module)).map(([name, value]) => [
      name,
      isCallable(value) && !inside.has(value) ? timed(value) : value,
    ]);
  return Object.fromEntries(
    Object.entries(imports).map(([name, module]) => [name, Object.fromEntries(values(module))]),
  );
}

/** All memories are compared: nobody else's changes meanwhile. */
function snapshotted(): () => number {
  const before = [...memories].map((memory) => ({ memory, bytes: Buffer.from(memory.buffer.slice(0)) }));
  return () => before.reduce((pages, { memory, bytes }) => pages + changedPages(bytes, memory), 0);
}

function changedPages(before: Buffer, memory: WebAssembly.Memory): number {
  const after = Buffer.from(memory.buffer);
  let pages = 0;
  for (let at = 0; at < after.length; at += PAGE_BYTES)
    if (!after.subarray(at, at + PAGE_BYTES).equals(before.subarray(at, at + PAGE_BYTES))) pages += 1;
  return pages;
}

function measureGuests(): void {
  WebAssembly.Instance = new Proxy(WebAssembly.Instance, {
    construct(target, [module, imports]: [WebAssembly.Module, Record<string, unknown>]) {
      const instance = new target(module, timedImports(imports ?? {}));
      for (const exported of Object.values(instance.exports)) {
        if (exported instanceof WebAssembly.Memory) memories.add(exported);
        if (isCallable(exported)) inside.add(exported);
      }
      return instance;
    },
  });
  const handle = QuickGuest.prototype.handle;
  QuickGuest.prototype.handle = function measured(request: GuestRequest) {
    handled += 1;
    const pagesOf = handled % PAGES_EVERY === 0 ? snapshotted() : undefined;
    now = { calls: 0, hostMs: 0 };
    const startedMs = performance.now();
    const reply = handle.call(this, request);
    const guestMs = performance.now() - startedMs - now.hostMs;
    costs.push({ guestMs, ...now, pages: pagesOf?.() });
    return reply;
  };
}

if (file !== undefined && workerData.settings.kind === "inbound-http") {
  measureGuests();
  await import("../programs/host/pool/worker.ts");
  // Behind the worker's own listener, which has run the guest to its end by then.
  parentPort?.on("message", () => {
    costs.splice(0, Math.max(0, costs.length - KEPT));
    writeFileSync(`${file}.new`, JSON.stringify(costs));
    renameSync(`${file}.new`, file);
  });
} else await import("../programs/host/pool/worker.ts");
