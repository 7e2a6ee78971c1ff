/**
 * The server as its own process, started as `npm start` starts it, on a free port.
 */
import { spawn } from "node:child_process";
import { join } from "node:path";

export interface Server {
  readonly url: string;
  readonly pid: number;
  /** Resolves when the process is gone, however that came. */
  readonly ended: Promise<void>;
  stop(): Promise<void>;
  /** Ends it at once where it is still there. */
  kill(): void;
}

/** Starts it and waits for its first lines. Rejects with what it printed when it ends before. */
export function startServer(root: string, dataDir: string, args: readonly string[] = []): Promise<Server> {
  const child = spawn(
    process.execPath,
    [join(root, "dist", "programs", "start.mjs"), "--data", dataDir, "--port", "0", ...args],
    {
      cwd: root,
      stdio: ["ignore", "pipe", "pipe"],
    },
  );
  let printed = "";
  const ended = new Promise<void>((done) => child.once("exit", () => done()));
  const stop = async () => {
    child.kill("SIGINT");
    await ended;
  };
  const kill = () => {
    if (child.exitCode === null && child.signalCode === null) child.kill("SIGKILL");
  };
  return new Promise((resolve, reject) => {
    child.once("exit", (status) => reject(new Error(`the server ended with ${status}:\n${printed}`)));
    child.stderr.on("data", (chunk: Buffer) => {
      printed += chunk.toString();
    });
    child.stdout.on("data", (chunk: Buffer) => {
      printed += chunk.toString();
      const url = /server\s+(http:\S+)/.exec(printed)?.[1];
      // The greeting ends with the line that names restore.
      if (url !== undefined && / restore .*--to /.test(printed))
        resolve({ url, pid: child.pid ?? 0, ended, stop, kill });
    });
  });
}
