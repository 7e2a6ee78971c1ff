/** Runs a process that commits (testkit/commits/child.ts), bare or under strace, and reads what it said. */
import { spawn } from "node:child_process";
import { writeFileSync } from "node:fs";
import { bundled } from "../bundle.ts";
import { finish } from "../processes.ts";
import type { Said } from "./ask.ts";
import type { CommitOrder } from "./child.ts";

export interface CommitRun {
  readonly killed: boolean;
  /** An answer for each time that a commit was sent, in order. */
  readonly said: readonly Said[];
}

export interface RunOptions {
  /** What runs it: strace and its arguments. */
  readonly under?: readonly string[];
  /** Where its order is written. */
  readonly orderFile?: string;
}

/** To its end, or to its death. Rejects when it ends in any other way. */
export async function runCommits(
  order: CommitOrder,
  { under = [], orderFile = `${order.file}.order.json` }: RunOptions = {},
): Promise<CommitRun> {
  writeFileSync(orderFile, JSON.stringify(order));
  const [program = "", ...args] = [
    ...under,
    process.execPath,
    await bundled("testkit/commits/child.ts"),
    orderFile,
  ];
  const { status, signal, stdout, stderr } = await finish(spawn(program, args));
  const killed = signal === "SIGKILL" || status === 137;
  if (killed || status === 0) return { killed, said: linesOf(stdout) };
  throw new Error(`the process ended with ${status ?? signal}\n${stdout}\n${stderr}`);
}

function linesOf(stdout: string): Said[] {
  return stdout
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line));
}
