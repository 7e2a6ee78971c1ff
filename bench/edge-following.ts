/** From a commit at the origin to its being visible at 1, 10 and 100 agents, and what following a thousand commits costs. */
import { mkdtempSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { EdgeBench } from "./edge-bench.ts";
import { type Library, startLibrary } from "./edge-processes.ts";
import type { BenchRow } from "./rows.ts";

/** The namespace that is followed. */
export const FOLLOWED = "followed";
const FULL = { agents: [1, 10, 100], commits: 50, followed: 1000 } as const;
const QUICK = { agents: [1, 100], commits: 5, followed: 100 } as const;
/** Agents of one process. */
const TOGETHER = 25;
const KEYS = 500;
/** Between two commits: each is seen alone. */
const APART_MS = 200;
const SEEN_MS_MAX = 60_000;

export async function followingRows(bench: EdgeBench): Promise<BenchRow[]> {
  const { agents, commits, followed } = bench.full ? FULL : QUICK;
  const rows: BenchRow[] = [];
  for (const count of agents) rows.push(await visibleRow(bench, count, commits));
  return [...rows, ...(await costRows(bench, followed))];
}

async function visibleRow(bench: EdgeBench, count: number, commits: number): Promise<BenchRow> {
  const libraries: Library[] = [];
  let told: (atMs: number) => void = () => {};
  try {
    for (let opened = 0; opened < count; opened += TOGETHER) {
      const library = await startLibrary(bench.root);
      libraries.push(library);
      await library.carryOut(orderFor(bench, Math.min(TOGETHER, count - opened)));
      library.onMoved(({ atMs }) => told(atMs));
    }
    const times: number[] = [];
    for (let nth = 0; nth < commits; nth += 1) {
      await sleep(APART_MS);
      const startedMs = performance.timeOrigin + performance.now();
      const seen = new Promise<void>((done, failed) => {
        const timer = setTimeout(() => failed(new Error("a commit was not seen by all agents")), SEEN_MS_MAX);
        let left = count;
        told = (atMs) => {
          times.push(atMs - startedMs);
          left -= 1;
          if (left > 0) return;
          clearTimeout(timer);
          done();
        };
      });
      await commitOne(bench, nth);
      await seen;
    }
    times.sort((a, b) => a - b);
    const at = (share: number) => times[Math.min(times.length - 1, Math.floor(times.length * share))] ?? 0;
    return {
      work: `from a commit's being sent to its being visible at ${count} agent${count === 1 ? "" : "s"}, ${commits} commits`,
      figure: `${at(0.5).toFixed(1)} ms, 99 of 100 within ${at(0.99).toFixed(1)} ms`,
      beside: "the goal: 250 ms",
      ratio: at(0.99) / 250,
      ...(count === 100 ? { goal: "≤ 1" } : {}),
    };
  } finally {
    for (const library of libraries) await library.end();
  }
}

/** While it follows, and after it was away. */
async function costRows(bench: EdgeBench, followed: number): Promise<BenchRow[]> {
  const order = orderFor(bench, 1);
  const row = (how: string, requests: number, bytes: number): BenchRow => ({
    work: `${followed.toLocaleString("en-US")} commits of one document, followed ${how}`,
    figure: `${requests} requests, ${(bytes / 1000).toFixed(0)} kB`,
    beside: "a commit",
    ratio: requests / followed,
  });
  const following = await startLibrary(bench.root);
  let newest = 0;
  following.onMoved(({ revision }) => {
    newest = Math.max(newest, revision);
  });
  const begun = await following.carryOut(order);
  const head = await commitAll(bench, followed);
  for (let tries = 0; tries < 600 && newest < head; tries += 1) await sleep(100);
  const live = await following.carryOut({ do: "count" });
  await following.end();
  await commitAll(bench, followed);
  const back = await startLibrary(bench.root);
  const reached = new Promise<void>((done) => back.onMoved(() => done()));
  await back.carryOut(order);
  await reached;
  const late = await back.carryOut({ do: "count" });
  await back.end();
  return [
    row("as they come", live.requests - begun.requests, live.bytes - begun.bytes),
    row("after being away", late.requests, late.bytes),
  ];
}

function orderFor({ dir, origin }: EdgeBench, count: number) {
  const folders = Array.from({ length: count }, () => mkdtempSync(join(dir, "follows-")));
  return { do: "open", ...origin, namespace: FOLLOWED, folders } as const;
}

async function commitAll(bench: EdgeBench, count: number): Promise<number> {
  let head = 0;
  for (let nth = 0; nth < count; nth += 1) head = await commitOne(bench, nth);
  return head;
}

/** Gives its revision. */
async function commitOne({ origin, documents }: EdgeBench, nth: number): Promise<number> {
  const { key, value } = documents[(nth * 37) % KEYS] ?? { key: "none", value: "{}" };
  const answer = await fetch(`${origin.url}/v1/commit`, {
    method: "POST",
    headers: { authorization: `Bearer ${origin.token}`, "content-type": "application/json" },
    body: JSON.stringify({
      changes: [
        {
          op: "put",
          namespace: FOLLOWED,
          key,
          ifRevision: "any",
          value: { ...JSON.parse(value), changed: Math.random() },
        },
      ],
    }),
  });
  if (!answer.ok) throw new Error(`the commit was answered with ${answer.status}: ${await answer.text()}`);
  const { revision }: { readonly revision: number } = JSON.parse(await answer.text());
  return revision;
}
