/**
 * Real processes for tests: the server as `npm start` starts it, and commands with all that they say.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";

export const root = resolve(import.meta.dirname, "..");
const programs = join(root, "dist", "programs");

/** The user and group of nobody, and a command line that makes another one theirs; only root may. */
export const NOBODY = 65534;
export const AS_NOBODY = ["setpriv", `--reuid=${NOBODY}`, `--regid=${NOBODY}`, "--clear-groups"] as const;

export interface Ran {
  /** Null for a process that a signal ended. */
  readonly status: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunOptions {
  readonly cwd?: string;
  readonly stdin?: string;
  readonly env?: Readonly<Record<string, string>>;
}

/** A folder of its own under the system's temporary one; the caller removes it. */
export function temporaryFolder(name: string): { path: string; remove(): void } {
  const path = mkdtempSync(join(tmpdir(), `ledge-${name}-`));
  return { path, remove: () => rmSync(path, { recursive: true, force: true }) };
}

/** The environment without anything of Ledge in it, so that a test says all that it uses. */
export function cleanEnvironment(
  extra: Readonly<Record<string, string>> = {},
): Record<string, string | undefined> {
  const kept = Object.entries(process.env).filter(
    ([name]) => !/^(LEDGE_|SPIN_VARIABLE_|PORT$|NO_COLOR$)/.test(name),
  );
  // No contexts of whoever runs the tests. CI as where the tests are run unseen: some libraries colour then.
  return {
    ...Object.fromEntries(kept),
    CI: "1",
    XDG_CONFIG_HOME: join(root, "dist", "no-settings"),
    ...extra,
  };
}

/** Runs the built `ledge` to its end. */
export function ledge(args: readonly string[], options: RunOptions = {}): Promise<Ran> {
  return finish(
    spawn(process.execPath, [join(programs, "cli.mjs"), ...args], {
      cwd: options.cwd ?? root,
      env: cleanEnvironment(options.env),
    }),
    options.stdin,
  );
}

/** A line as a person in the project's folder types it. */
export function shell(line: string, options: RunOptions = {}): Promise<Ran> {
  const env = cleanEnvironment(options.env);
  return finish(spawn("sh", ["-c", line], { cwd: options.cwd ?? root, env }), options.stdin);
}

/** Waits for the end of a process, and gives all that it said. */
export function finish(child: ChildProcess, stdin?: string): Promise<Ran> {
  let [stdout, stderr] = ["", ""];
  child.stdout?.on("data", (chunk: Buffer) => {
    stdout += chunk.toString();
  });
  child.stderr?.on("data", (chunk: Buffer) => {
    stderr += chunk.toString();
  });
  // A program may end without reading what it is given (EPIPE); its status says whether that was right.
  child.stdin?.on("error", () => {});
  child.stdin?.end(stdin ?? "");
  return new Promise((done, failed) => {
    child.once("error", failed);
    child.once("close", (status, signal) => done({ status, signal, stdout, stderr }));
  });
}

export interface StartedServer {
  readonly url: string;
  readonly dataDir: string;
  /** What it printed until it was ready. */
  readonly greeting: string;
  readonly pid: number;
  /** Ends it with a signal and gives everything that it said. */
  stop(signal?: NodeJS.Signals): Promise<Ran>;
}

/** Starts the server on a free port; rejects with its status and words when it ends before it is ready. */
export function startServer(
  dataDir: string,
  args: readonly string[] = [],
  env: Readonly<Record<string, string>> = {},
): Promise<StartedServer> {
  return startBy([process.execPath, join(programs, "start.mjs")], dataDir, { args, env });
}

/** The same by `ledge serve`: the native engine, which starts in a third of the time. */
export function serve(
  dataDir: string,
  args: readonly string[] = [],
  env: Readonly<Record<string, string>> = {},
): Promise<StartedServer> {
  return startBy([process.execPath, join(programs, "cli.mjs"), "serve"], dataDir, { args, env });
}

/** The same by another command line (npm's, another user's); its process is what gets the signals. */
export function startBy(
  [command = "", ...before]: readonly string[],
  dataDir: string,
  {
    args = [],
    env = {},
    cwd = root,
  }: {
    readonly args?: readonly string[];
    readonly env?: Readonly<Record<string, string>>;
    readonly cwd?: string;
  } = {},
): Promise<StartedServer> {
  const port = args.includes("--port") || args.includes("--listen") ? [] : ["--port", "0"];
  const child = spawn(command, [...before, "--data", dataDir, ...port, ...args], {
    cwd,
    env: cleanEnvironment(env),
  });
  const ended = finish(child);
  let printed = "";
  return new Promise((ready, failed) => {
    ended.then((ran) => failed(new Error(`ended with ${ran.status}\n${ran.stdout}\n${ran.stderr}`)), failed);
    child.stdout.on("data", (chunk: Buffer) => {
      printed += chunk.toString();
      const url = /server\s+(http:\S+)/.exec(printed)?.[1];
      if (url === undefined || !/restore .*--to/.test(printed)) return;
      const stop = (signal: NodeJS.Signals = "SIGINT") => {
        child.kill(signal);
        return ended;
      };
      ready({ url, dataDir, greeting: printed, pid: child.pid ?? 0, stop });
    });
  });
}
