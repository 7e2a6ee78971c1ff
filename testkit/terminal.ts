/** A command at a terminal of its own, by util-linux's `script`: it sees a person, and gets what a person types. */
import { spawn, spawnSync } from "node:child_process";
import { join } from "node:path";
import { cleanEnvironment, root } from "./processes.ts";

export const HAS_TERMINAL = spawnSync("script", ["-qec", "true", "/dev/null"]).status === 0;

export interface Typed {
  /** What the command has to say before. */
  readonly after: string;
  readonly keys: string;
}

export interface SeenAtTerminal {
  readonly status: number | null;
  /** Everything on the screen, what was typed and echoed included. */
  readonly screen: string;
}

/** Runs the built `ledge`, and types once when it asks. */
export function ledgeAtTerminal(
  args: readonly string[],
  {
    typed,
    env = {},
    columns = 200,
  }: {
    readonly typed?: Typed;
    readonly env?: Readonly<Record<string, string>>;
    readonly columns?: number;
  } = {},
): Promise<SeenAtTerminal> {
  const words = [process.execPath, join(root, "dist", "programs", "cli.mjs"), ...args];
  const command = words.map((word) => `'${word.replaceAll("'", "'\\''")}'`).join(" ");
  const child = spawn("script", ["-qec", `stty rows 40 cols ${columns}; ${command}`, "/dev/null"], {
    env: { ...cleanEnvironment(env), TERM: "xterm" },
  });
  let screen = "";
  let waiting = typed;
  child.stdout.on("data", (chunk: Buffer) => {
    screen += chunk.toString();
    if (waiting === undefined || !screen.includes(waiting.after)) return;
    child.stdin.write(waiting.keys);
    waiting = undefined;
  });
  return new Promise((done, failed) => {
    child.once("error", failed);
    child.once("close", (status) => done({ status, screen }));
  });
}
