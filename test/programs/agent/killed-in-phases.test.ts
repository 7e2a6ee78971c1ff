/**
 * kill -9 of `ledge agent` in each phase of catching up. Whatever it was at, the next process serves a whole state at once, never
 * an older one than was served before, and then the newest.
 */
import { spawn } from "node:child_process";
import { mkdtempSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { killedAt, straceMissing } from "../../../testkit/crash/strace.ts";
import { FULL } from "../../../testkit/crash-sample.ts";
import { startAgentProcess } from "../../../testkit/edge/processes.ts";
import { openRequestProxy, type RequestProxy } from "../../../testkit/edge/request-proxy.ts";
import {
  cleanEnvironment,
  finish,
  ledge,
  root,
  type StartedServer,
  serve,
  temporaryFolder,
} from "../../../testkit/processes.ts";

const { path: folder, remove } = temporaryFolder("killed-agent");
const data = join(folder, "origin");
let origin: StartedServer;
let token = "";
/** Of each commit: every document says the same number, so a torn state is seen. */
let written = 0;
const KEYS = ["a", "b", "c", "d", "e"];

beforeAll(async () => {
  origin = await serve(data);
  await ledge(["--data", data, "ns", "put", "shop"]);
  token = (
    await ledge(["--data", data, "token", "create", "e", "-g", "read,write,report,status:shop"])
  ).stdout.trim();
});
afterAll(async () => {
  await origin.stop();
  remove();
});

async function asked(url: string, path: string, body?: unknown): Promise<{ status: number; text: string }> {
  const headers = { authorization: `Bearer ${token}`, "content-type": "application/json" };
  const sent = body === undefined ? { headers } : { headers, method: "POST", body: JSON.stringify(body) };
  const answer = await fetch(url + path, sent);
  return { status: answer.status, text: await answer.text() };
}

/** One commit of all keys. */
async function write(): Promise<number> {
  written += 1;
  const changes = KEYS.map((key) => ({
    op: "put",
    namespace: "shop",
    key,
    ifRevision: "any",
    value: { n: written },
  }));
  const answer = await asked(origin.url, "/v1/commit", { changes });
  expect(answer.status).toBe(200);
  return written;
}

/** The one number that all documents say. */
async function served(url: string): Promise<number> {
  const { status, text } = await asked(url, "/v1/list/shop?values=json");
  expect(status).toBe(200);
  const numbers = JSON.parse(text).documents.map((one: { value: { n: number } }) => one.value.n);
  expect(numbers).toEqual(KEYS.map(() => numbers[0]));
  return numbers[0];
}

/** Five documents take three pages, and so do five commits. */
const PAGE = 2;

async function openEdge() {
  await write();
  const proxy = await openRequestProxy(origin.url, PAGE);
  const at = mkdtempSync(join(folder, "edge-"));
  const args = ["shop", "--from", proxy.url, "--edge", "fra-1", "--keep-tokens", "1d"];
  const start = () => startAgentProcess(at, args, { LEDGE_TOKEN: token });
  return { proxy, start, at, args };
}

/** The next process, while no source answers; and then while one does. */
async function expectGood(
  { proxy, start }: Awaited<ReturnType<typeof openEdge>>,
  atLeast: number,
): Promise<void> {
  proxy.refuse();
  const alone = await start();
  expect(await served(alone.url)).toBeGreaterThanOrEqual(atLeast);
  proxy.open();
  await expect.poll(() => served(alone.url)).toBe(written);
  await alone.stop("SIGKILL");
}

const isFeed = (path: string) => path.startsWith("/v1/changes");
const isList = (path: string) => path.startsWith("/v1/list");
const COMPACTED = { code: "compacted", status: 410, detail: "It is no longer kept." };

interface Phase {
  readonly name: string;
  /** Is what the agent is held at, once it has a state and there are news. */
  arm(proxy: RequestProxy): void;
}

const PHASES: readonly Phase[] = [
  {
    name: "while it buffers values that are owed",
    arm(proxy) {
      let pages = 0;
      proxy.hold((path) => isFeed(path) && ++pages > 1);
    },
  },
  {
    name: "while a snapshot is being fetched",
    arm(proxy) {
      let pages = 0;
      proxy.answerOnce(isFeed, 410, COMPACTED);
      proxy.hold((path) => isList(path) && ++pages > 2);
    },
  },
  { name: "while it reports", arm: (proxy) => proxy.hold((path) => path === "/v1/fleet/beacons") },
];

describe("an agent that is killed", () => {
  test.each(PHASES)("$name serves what it had, and then what is new", async ({ arm }) => {
    const edge = await openEdge();
    const first = await edge.start();
    const before = await served(first.url);
    await first.stop("SIGKILL");
    for (let nth = 0; nth < 5; nth += 1) await write();
    arm(edge.proxy);
    const second = await edge.start();
    await expect.poll(() => edge.proxy.held.length).toBeGreaterThan(0);
    expect(await served(second.url)).toBeGreaterThanOrEqual(before);
    await second.stop("SIGKILL");
    await expectGood(edge, before);
  });

  test("in its first snapshot has no state, says so, and gets one", async () => {
    const { proxy, start } = await openEdge();
    proxy.hold((path) => isList(path) && path.includes("cursor"));
    const first = await start();
    await expect.poll(() => proxy.held.length).toBeGreaterThan(0);
    expect((await asked(first.url, "/v1/list/shop")).status).toBe(503);
    await first.stop("SIGKILL");
    proxy.open();
    const second = await start();
    await expect.poll(async () => (await asked(second.url, "/readyz")).status).toBe(200);
    expect(await served(second.url)).toBe(written);
  });

  const missing = straceMissing();
  const ALL_CALLS = ["rename", "unlink", "fsync", "pwrite64", "ftruncate"];
  describe.skipIf(missing !== null)(`at a system call (${missing ?? "strace is there"})`, () => {
    const MOVES = [
      { name: "of a snapshot that takes the place of what is served", isSnapshot: true, calls: ["rename"] },
      { name: "of a move", isSnapshot: false, calls: ["pwrite64"] },
    ];
    const points = MOVES.flatMap((move) =>
      (FULL ? ALL_CALLS : move.calls).map((call) => ({ ...move, call })),
    );
    test.each(points)("$call $name serves a whole state", async ({ call, calls, isSnapshot }) => {
      const edge = await openEdge();
      const first = await edge.start();
      let [before, kills, isKilled] = [await served(first.url), 0, true];
      await first.stop("SIGKILL");
      // The last run comes to its end without being killed.
      for (let n = 1; isKilled; n = FULL ? Math.ceil(1.3 * n) : 2 * n) {
        await write();
        if (isSnapshot) edge.proxy.answerOnce(isFeed, 410, COMPACTED);
        isKilled = await runKilled(edge, killedAt({ call, n }));
        if (isKilled) kills += 1;
        await expectGood(edge, before);
        before = written;
      }
      if (calls.includes(call)) expect(kills).toBeGreaterThan(0);
    });
  });
});

/** Whether the agent was killed; else it had come to the newest state, and was ended. */
async function runKilled(
  { at, args }: Awaited<ReturnType<typeof openEdge>>,
  [command = "", ...before]: readonly string[],
): Promise<boolean> {
  const program = [
    process.execPath,
    join(root, "dist/programs/cli.mjs"),
    "agent",
    "--data",
    at,
    "--port",
    "0",
  ];
  // A group of its own: where strace is killed, what it traces lives on.
  const child = spawn(command, [...before, ...program, ...args], {
    cwd: root,
    env: cleanEnvironment({ LEDGE_TOKEN: token }),
    detached: true,
  });
  let [printed, isOver] = ["", false];
  child.stdout.on("data", (piece: Buffer) => {
    printed += piece;
  });
  const ended = finish(child).then(() => {
    isOver = true;
  });
  const here = async () => {
    const url = /listens on (\S+)/.exec(printed)?.[1];
    return url === undefined ? 0 : served(url).catch(() => 0);
  };
  await expect.poll(async () => isOver || (await here()) === written).toBe(true);
  const killed = isOver;
  if (!killed) process.kill(-(child.pid ?? 0), "SIGKILL");
  await ended;
  return killed;
}
