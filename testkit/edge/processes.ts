/** `ledge agent` as a process: where it listens, what it says, and its end. */
import { spawn } from "node:child_process";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import { cleanEnvironment, finish, type Ran, root } from "../processes.ts";

export interface StartedAgent {
  readonly url: string;
  readonly pid: number;
  /** All that it printed so far, on both streams. */
  said(): string;
  stop(signal?: NodeJS.Signals): Promise<Ran>;
}

/** Starts an agent on a free port, or on what the arguments say; ended with the test. */
export async function startAgentProcess(
  dataDir: string,
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<StartedAgent> {
  const { agent, ready } = beginAgentProcess(dataDir, args, env);
  onTestFinished(async () => {
    await agent.stop("SIGKILL");
  });
  return { ...agent, url: await ready };
}

/** The same, ended by who began it. `ready` gives where it listens. */
export function beginAgentProcess(
  dataDir: string,
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): { readonly agent: Omit<StartedAgent, "url">; readonly ready: Promise<string> } {
  const listens = args.some((one) => ["--port", "--listen", "--socket"].includes(one));
  const child = spawn(
    process.execPath,
    [
      join(root, "dist/programs/cli.mjs"),
      "agent",
      "--data",
      dataDir,
      ...(listens ? [] : ["--port", "0"]),
      ...args,
    ],
    { cwd: root, env: cleanEnvironment(env) },
  );
  let printed = "";
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding("utf8").on("data", (text: string) => {
      printed += text;
    });
  const ended = finish(child);
  const stop = (signal: NodeJS.Signals = "SIGINT") => {
    child.kill(signal);
    return ended;
  };
  const ready = new Promise<string>((resolve, reject) => {
    ended.then((ran) => reject(new Error(`ended with ${ran.status}\n${ran.stdout}\n${ran.stderr}`)), reject);
    child.stdout.on("data", () => {
      const where = /listens on (\S+)/.exec(printed)?.[1];
      if (where !== undefined && printed.includes("Read from it")) resolve(where);
    });
  });
  return { agent: { pid: child.pid ?? 0, said: () => printed, stop }, ready };
}
