/** A command of `ledge` as a process that goes on: an origin or an agent, told apart by what each says once it is there. */
import { type ChildProcess, spawn } from "node:child_process";

export interface StartedCommand {
  readonly url: string;
  /** Ends it at once, and resolves when it is gone. */
  kill(): Promise<void>;
}

/** Resolves when it listens; rejects with what it printed where it ends before. */
export function startCommand(
  [command = "", ...args]: readonly string[],
  env: Readonly<Record<string, string>>,
): Promise<StartedCommand> {
  const child = spawn(command, args, { env: { ...process.env, ...env }, stdio: ["ignore", "pipe", "pipe"] });
  let printed = "";
  const gone = new Promise<void>((done) => child.once("exit", () => done()));
  return new Promise((resolve, reject) => {
    child.once("exit", (status) => reject(new Error(`it ended with ${status}:\n${printed}`)));
    const look = (piece: Buffer) => {
      printed += piece.toString();
      const url = /(?:server +|listens on )(http:\S+)/.exec(printed)?.[1];
      if (url !== undefined && /restore .*--to|Read from it/.test(printed))
        resolve({ url, kill: () => ended(child, gone) });
    };
    child.stdout.on("data", look);
    child.stderr.on("data", look);
  });
}

async function ended(child: ChildProcess, gone: Promise<void>): Promise<void> {
  if (child.exitCode === null && child.signalCode === null) child.kill("SIGKILL");
  await gone;
}
