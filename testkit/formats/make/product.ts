/**
 * The product as a user has it: `npm start` and `./ledge` as processes over a data folder, so that a later release
 * makes its fixtures with the same words. Promise: nothing is left running when `stop` has been awaited.
 */
import { spawn } from "node:child_process";
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { isFree } from "../../loopback.ts";
import { cleanEnvironment, finish, type Ran } from "../../processes.ts";

export interface Product {
  /** A checkout whose code makes it: not always the one that this file is in. */
  readonly root: string;
  readonly data: string;
  readonly variables: Readonly<Record<string, string>>;
}

export interface Running {
  readonly url: string;
  stop(): Promise<void>;
}

/** The schedule's tick comes with second 0, and would export what a scene leaves behind. */
const QUIET_UNTIL_SECOND = 25;
const START_MS = 120_000;

/** Starts the server; where it is to be `quiet`, early in a minute. */
export async function start(
  { root, data, variables }: Product,
  { quiet = false }: { quiet?: boolean } = {},
): Promise<Running> {
  while (quiet && !isEarly()) await sleep(200);
  // The store would know no restore point under another address.
  if (!(await isFree(bucketPort(data)))) throw new Error(`port ${bucketPort(data)} is taken`);
  const context = join(data, "context.json");
  rmSync(context, { force: true });
  const flags = Object.entries(variables).flatMap(([name, value]) => ["--variable", `${name}=${value}`]);
  const script = join(root, "scripts", "start.mjs");
  const child = spawn(process.execPath, [script, "--data", data, "--port", "0", "--no-demo", ...flags], {
    cwd: root,
    env: cleanEnvironment(),
  });
  // A maker that fails leaves no server behind.
  const kill = () => child.kill("SIGKILL");
  process.once("exit", kill);
  const ended = finish(child);
  const url = await Promise.race([ready(context), ended.then((ran) => Promise.reject(new Error(said(ran))))]);
  return {
    url,
    async stop() {
      child.kill("SIGINT");
      const ran = await ended;
      process.off("exit", kill);
      if (ran.status !== 0) throw new Error(`the server ended with ${said(ran)}`);
      const left = readdirSync(data).filter((name) => /^ledge\.db-(journal|wal|shm)$/.test(name));
      if (left.length > 0) throw new Error(`the store was not closed cleanly: ${left.join(", ")}`);
    },
  };
}

function isEarly(): boolean {
  const second = new Date().getUTCSeconds();
  return second >= 2 && second <= QUIET_UNTIL_SECOND;
}

/** Runs `./ledge`; throws with its words unless it ends with one of these statuses. */
export async function ledge(
  { root, data }: Pick<Product, "root" | "data">,
  args: readonly string[],
  { statuses = [0], env = {} }: { statuses?: readonly number[]; env?: Readonly<Record<string, string>> } = {},
): Promise<string> {
  const child = spawn(process.execPath, [join(root, "ledge"), "--data", data, ...args], {
    cwd: root,
    env: cleanEnvironment(env),
  });
  const ran = await finish(child);
  if (!statuses.includes(ran.status ?? -1))
    throw new Error(`ledge ${args.join(" ")} ended with ${said(ran)}`);
  return ran.stdout;
}

function said({ status, stdout, stderr }: Ran): string {
  return `${status}\n${stdout}\n${stderr}`;
}

/** Where the bundled bucket is served, from start to start. */
export function bucketPort(data: string): number {
  return Number(readFileSync(join(data, "bucket-port"), "utf8"));
}

/** Has it served there; below the ports that a system gives to whoever asks for any. */
export function setBucketPort(data: string, port: number): void {
  writeFileSync(join(data, "bucket-port"), `${port}\n`);
}

export function rootToken(data: string): string {
  return readFileSync(join(data, "admin-token"), "utf8").trim();
}

async function ready(context: string): Promise<string> {
  for (const untilMs = Date.now() + START_MS; Date.now() < untilMs; await sleep(50)) {
    if (!existsSync(context)) continue;
    const { url }: { url: string } = JSON.parse(readFileSync(context, "utf8"));
    const answer = await fetch(`${url}/readyz`).catch(() => undefined);
    if (answer?.status === 200) return url;
  }
  throw new Error(`no server was ready within ${START_MS} ms`);
}
