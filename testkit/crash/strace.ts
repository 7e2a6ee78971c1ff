/**
 * strace, as a way to end a process at one of its system calls, or to let one fail. Promise: a kill comes before
 * the call is made, so the calls 1, 2, 3 … of each kind are every state that the process can leave behind.
 */
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";

/** With which SQLite changes files. The question mark: a processor that has no such call is no error. */
export const FILE_CALLS = ["pwrite64", "fsync", "fdatasync", "ftruncate", "rename", "unlink", "unlinkat"];
const SOCKET_CALLS = ["write", "writev"];

/** The n-th (from 1) call of that kind on one thread: strace counts each kind and each thread apart. */
export interface CallPoint {
  readonly call: string;
  readonly n: number;
}

let why: string | null | undefined;

/** Why strace cannot be used here; null when it can. */
export function straceMissing(): string | null {
  if (why !== undefined) return why;
  const { status, error } = spawnSync("strace", [...START, "-o", "/dev/null", "true"]);
  why = error !== undefined ? "strace is not installed" : status !== 0 ? "strace may not trace here" : null;
  return why;
}

const START = ["-f", "-qq"];
/** Only the calls that are asked for stop the process, which is faster; but no signal is sent then. */
const FASTER = "--seccomp-bpf";

export function killedAt({ call, n }: CallPoint): string[] {
  return ["strace", ...START, ...injected(call, `signal=KILL:when=${n}`)];
}

/** `lasting`: that call and all after it. */
export function failingAt(
  { call, n }: CallPoint,
  { error, lasting }: { error: "EIO" | "ENOSPC"; lasting: boolean },
): string[] {
  return ["strace", ...START, FASTER, ...injected(call, `error=${error}:when=${n}${lasting ? "+" : ""}`)];
}

function injected(call: string, what: string): string[] {
  return ["-o", "/dev/null", "-e", `trace=${call}`, "-e", `inject=${call}:${what}`];
}

/** Notes the calls of both families in a file, for `readCalls`. */
export function countingTo(logFile: string): string[] {
  const calls = [...FILE_CALLS, ...SOCKET_CALLS].map((call) => `?${call}`).join(",");
  return ["strace", ...START, FASTER, "-y", "-o", logFile, "-e", `trace=${calls}`];
}

export interface Calls {
  /** Every call on the main thread that changes a file. */
  readonly file: readonly CallPoint[];
  /** Every call on it that sends to a socket. */
  readonly socket: readonly CallPoint[];
}

/** The main thread's: it is the one that speaks to SQLite and to the bucket. */
export function readCalls(logFile: string): Calls {
  const lines = readFileSync(logFile, "utf8").split("\n");
  const thread = lines[0]?.split(" ")[0];
  const counts = new Map<string, number>();
  const [file, socket]: [CallPoint[], CallPoint[]] = [[], []];
  for (const line of lines) {
    const found = /^(\d+) +([a-z0-9_]+)\(([^,]*)/.exec(line);
    const [, pid, call = "", first = ""] = found ?? [];
    if (found === null || pid !== thread) continue;
    const n = (counts.get(call) ?? 0) + 1;
    counts.set(call, n);
    if (FILE_CALLS.includes(call)) file.push({ call, n });
    else if (first.includes("<socket:") || first.includes("<TCP")) socket.push({ call, n });
  }
  return { file, socket };
}
