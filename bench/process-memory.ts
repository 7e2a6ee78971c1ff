/** What a process holds, as Linux tells it. */
import { readFileSync } from "node:fs";

/** Its memory in megabytes and its threads. */
export function processSize(pid: number): { readonly megabytes: number; readonly threads: number } {
  const status = readFileSync(`/proc/${pid}/status`, "utf8");
  return {
    megabytes: Number(/VmRSS:\s+(\d+)/.exec(status)?.[1] ?? 0) / 1000,
    threads: Number(/Threads:\s+(\d+)/.exec(status)?.[1] ?? 0),
  };
}
