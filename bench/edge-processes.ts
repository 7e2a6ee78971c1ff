/** The processes of the edge's benches: `ledge agent`, and agents as a library (edge-agents.ts). */
import { type ChildProcess, fork, spawn } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { bundlePrograms } from "../build/programs.ts";
import type { EdgeOrder, EdgeSaid } from "./edge-agents.ts";

export interface AgentProcess {
  readonly url: string;
  readonly pid: number;
  stop(): Promise<void>;
}

/** Starts `ledge agent` on a free port; resolves when it serves. */
export async function startAgentProgram(
  root: string,
  dir: string,
  source:
    | { readonly from: string; readonly token: string }
    | { readonly bucket: string; readonly tokens: string },
): Promise<AgentProcess> {
  const program = join(root, "dist", "programs", "cli.mjs");
  const args = ["agent", "bench", ...sourceFlags(dir, source), "--data", dir, "--port", "0"];
  const child = spawn(process.execPath, [program, ...args], { cwd: root });
  let printed = "";
  const ended = new Promise<void>((done) => child.once("exit", () => done()));
  const url = await new Promise<string>((resolve, reject) => {
    child.once("exit", () => reject(new Error(`the agent ended:\n${printed}`)));
    for (const stream of [child.stdout, child.stderr])
      stream.on("data", (chunk: Buffer) => {
        printed += chunk.toString();
        const where = /listens on (\S+)/.exec(printed)?.[1];
        if (where !== undefined && printed.includes("Read from it")) resolve(where);
      });
  });
  for (let tries = 0; tries < 600; tries += 1) {
    if ((await fetch(`${url}/readyz`)).status === 200) break;
    await new Promise((done) => setTimeout(done, 50));
  }
  const stop = async () => {
    child.kill("SIGINT");
    await ended;
  };
  return { url, pid: child.pid ?? 0, stop };
}

/** An agent without an origin knows tokens of its own alone. */
function sourceFlags(dir: string, source: Parameters<typeof startAgentProgram>[2]): string[] {
  if ("bucket" in source)
    return ["--from", "bucket", "--bucket", source.bucket, "--own-tokens", source.tokens];
  const file = join(dir, "..", "edge.token");
  writeFileSync(file, source.token, { mode: 0o600 });
  return ["--from", source.from, "--token-file", file];
}

export interface Library {
  readonly pid: number;
  carryOut(order: EdgeOrder): Promise<Extract<EdgeSaid, { said: "done" }>>;
  onMoved(told: (move: Extract<EdgeSaid, { said: "moved" }>) => void): void;
  end(): Promise<void>;
}

let program: Promise<string> | undefined;

export async function startLibrary(root: string): Promise<Library> {
  program ??= bundlePrograms(
    root,
    { "edge-agents": join(root, "bench", "edge-agents.ts") },
    join(root, ".cache", "bench"),
  ).then((files) => files.find((file) => file.endsWith("edge-agents.mjs")) ?? "");
  const child = fork(await program);
  let failed: (error: Error) => void = () => {};
  child.on("exit", (status) => failed(new Error(`the agents' process ended with ${status}`)));
  return {
    pid: child.pid ?? 0,
    carryOut: (order) =>
      new Promise((resolve, reject) => {
        failed = reject;
        const done = (said: EdgeSaid) => {
          if (said.said !== "done") return;
          child.off("message", done);
          resolve(said);
        };
        child.on("message", done);
        child.send(order);
      }),
    onMoved: (told) =>
      child.on("message", (said: EdgeSaid) => {
        if (said.said === "moved") told(said);
      }),
    end: () => endOf(child),
  };
}

function endOf(child: ChildProcess): Promise<void> {
  const ended = new Promise<void>((done) => child.once("exit", () => done()));
  child.send({ do: "close" } satisfies EdgeOrder);
  return ended;
}
