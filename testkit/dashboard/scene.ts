/**
 * Some minutes in the life of a server, for the picture of the dashboard: services read, people write and are refused,
 * backups run, edges follow a rollout, and one of them falls behind. A second is given to each turn.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { type Asking, ask } from "../ask.ts";
import type { ConsoleScene } from "../console-scene.ts";

const EDGES = ["fra-1", "fra-2", "lhr-1", "lhr-2", "waw-1", "waw-2"];
/** It reports nothing in this part of the time. */
const LATE = { edge: "waw-2", from: 0.5, to: 0.75 };

const WRITTEN = [200, 201];

/** Throws where the answer has another status, so that the picture shows nothing that was not meant. */
type AskServer = (
  method: string,
  path: string,
  asking?: Asking & { readonly expect?: readonly number[] },
) => ReturnType<typeof ask>;

/** Before the first scrape: a quota, a channel, and a ring of edges. */
export async function prepare({ run }: ConsoleScene): Promise<void> {
  await run("ns", "put", "shop", "--blind-writes", "--quota-keys", "100");
  await run("ns", "put", "stage", "--blind-writes");
  await run("channel", "set", "shop/stable", "--to", "5");
  await run("edge", "set", "fra-1", "ring=canary");
}

/** Returns when the seconds are over, and everything that was begun has ended well. */
export async function live(scene: ConsoleScene, seconds: number): Promise<void> {
  const token = readFileSync(join(scene.server.dataDir, "admin-token"), "utf8").trim();
  const asked: AskServer = async (method, path, { expect = [200], ...asking } = {}) => {
    const answer = await ask(scene.server, method, path, { token, ...asking });
    if (!expect.includes(answer.status))
      throw new Error(`${method} ${path}: ${answer.status} ${answer.text}`);
    return answer;
  };
  const began = Date.now();
  const begun: Promise<unknown>[] = [];
  const faults: unknown[] = [];
  const begin = (...parts: readonly Promise<unknown>[]) =>
    begun.push(...parts.map((part) => part.catch((fault: unknown) => faults.push(fault))));
  for (let second = 0; second < seconds; second += 1) {
    const share = second / seconds;
    begin(
      read(asked, share),
      write(asked, second),
      refused(asked, share),
      keep(scene, asked, second, seconds),
    );
    if (second % 3 === 0) begin(follow(scene, asked, share));
    await sleep(Math.max(0, began + (second + 1) * 1000 - Date.now()));
  }
  await Promise.all(begun);
  if (faults.length > 0) throw faults[0];
}

/** More in the middle of the time than at its ends. */
async function read(asked: AskServer, share: number): Promise<void> {
  const times = 20 + Math.round(40 * Math.sin(Math.PI * share) ** 2 + 8 * Math.sin(share * 40));
  const { headers } = await asked("GET", "/v1/read/shop?key=banner");
  const etag = headers.get("etag") ?? "";
  for (let at = 0; at < times; at += 1) {
    if (at % 3 > 0) await asked("GET", "/v1/read/shop?key=limits/api");
    else
      await asked("GET", "/v1/read/shop?key=banner", { headers: { "if-none-match": etag }, expect: [304] });
    if (at % 12 === 0) await asked("GET", "/v1/list/shop");
    if (at % 20 === 0) await asked("GET", "/v1/history/shop?key=limits/api");
  }
}

async function write(asked: AskServer, second: number): Promise<void> {
  const body = JSON.stringify({ rps: 100 + second, burst: 20, note: "x".repeat((second * 37) % 1500) });
  for (let at = 0; at < 1 + (second % 4); at += 1)
    await asked("PUT", `/v1/write/shop?key=limits/route-${(second + at * 7) % 60}`, {
      body,
      expect: WRITTEN,
    });
  if (second % 5 === 0) await asked("PUT", "/v1/write/stage?key=limits/api", { body, expect: WRITTEN });
}

/** What people and programs do wrong: a key that is not there, a stale write while two people edit, an old token. */
async function refused(asked: AskServer, share: number): Promise<void> {
  for (let at = 0; at < 2 + Math.round(2 * Math.sin(share * 15)); at += 1)
    await asked("GET", "/v1/read/shop?key=nowhere", { expect: [404] });
  const stale = { body: "Good evening", headers: { "if-match": '"1"' } };
  if (share > 0.35 && share < 0.6)
    await asked("PUT", "/v1/write/shop?key=banner", { ...stale, expect: [412] });
  if (share > 0.7 && share < 0.85)
    for (let at = 0; at < 3; at += 1) await asked("GET", "/v1/list/shop", { token: "nobody", expect: [401] });
}

/** Backups and a rollout at their times. */
async function keep({ run }: ConsoleScene, asked: AskServer, second: number, seconds: number): Promise<void> {
  const every = Math.max(3, Math.round(seconds / 12));
  if (second % every === every - 1) await asked("POST", "/v1/backup/run");
  if (second === Math.round(seconds * 0.3) || second === Math.round(seconds * 0.7))
    await asked("POST", "/v1/backup/prove");
  if (second === Math.round(seconds * 0.15)) {
    const steps = ["ring=canary", "50%", "100%"].flatMap((step) => ["--step", step]);
    await run("rollout", "start", "shop/stable", "--to", "head", ...steps, "--bake", "5s");
  }
}

/** Each edge reads what it is to have of the channel, and says that it serves it and the newest state of `stage`. */
async function follow({ report }: ConsoleScene, asked: AskServer, share: number): Promise<void> {
  for (const edge of EDGES) {
    if (edge === LATE.edge && share > LATE.from && share < LATE.to) continue;
    const { headers } = await asked("GET", `/v1/read/shop?key=limits/api&channel=stable&edge=${edge}`);
    await report(edge, "shop", { channel: "stable", revision: Number(headers.get("ledge-revision")) });
    await report(edge, "stage");
  }
}
