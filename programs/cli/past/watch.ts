/**
 * Commits as they come, by asking the feed again and again from where it ended, each time as long as the server lets a
 * request wait. Promise: each commit is shown once and in order, also over a restart of the server and a link that was
 * down; where the history is another one, or not kept so far back, it ends and says so.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { FeedPage } from "../../../lib/api/document-answers.ts";
import { pathTo } from "../../../packages/client/path-to.ts";
import type { Client } from "../client.ts";
import { EXIT, Failure } from "../failure.ts";
import { formatBytes, printJsonLine, sayWarning } from "../output.ts";
import { printChange } from "../patch.ts";
import type { DocumentName } from "../target.ts";
import { wholeNumber } from "../whole-number.ts";
import { runForCommit } from "./run-for-commit.ts";
import { printCommit } from "./show-commit.ts";

export interface WatchOptions {
  readonly since?: string;
  readonly exec?: string;
  readonly output: "text" | "json";
}

type FeedCommit = FeedPage["commits"][number];

const WAIT_SECONDS = 55;
/** Between two questions, where the server does not let us wait; and most, where it does not answer. */
const STEP_MS = 1000;
const RETRY_MS_MAX = 30_000;

export async function runWatch(
  client: Client,
  places: readonly DocumentName[],
  { since, exec, output }: WatchOptions,
): Promise<never> {
  const [first = { namespace: "", key: "" }] = places;
  const namespaces = places.map(({ namespace }) => namespace).join();
  const about = { ns: namespaces, prefix: first.key || undefined };
  const begin = wholeNumber("--since", since) ?? (await headOf(client, first.namespace));
  for (let from: { since: number } | { cursor: string } = { since: begin }; ; ) {
    const askedMs = Date.now();
    const page: FeedPage = await askPatiently(() =>
      client.json(FeedPage, "GET", "/v1/changes", { query: { ...about, ...from, wait: WAIT_SECONDS } }),
    );
    for (const commit of page.commits) {
      if (output === "json") printJsonLine(commit);
      else show(commit);
      if (exec !== undefined) await runForCommit(exec, namespaces, commit);
    }
    from = { cursor: page.cursor };
    if (page.commits.length === 0 && Date.now() - askedMs < STEP_MS) await sleep(STEP_MS);
  }
}

/** The newest revision now: of a list, which a token that may read anything here may ask for. */
async function headOf(client: Client, namespace: string): Promise<number> {
  const { headers } = await client.request("GET", pathTo`/v1/list/${namespace}`, { query: { limit: 1 } });
  return Number(headers.get("ledge-head"));
}

/** Asks until there is an answer, with growing, jittered waits. What a server refuses for good ends the command. */
async function askPatiently<T>(ask: () => Promise<T>): Promise<T> {
  for (let nth = 0; ; nth += 1) {
    try {
      return await ask();
    } catch (error) {
      if (!isPassing(error)) throw error;
      if (nth === 0) sayWarning(`${error.message}; trying again until there is an answer`);
      await sleep(Math.min(RETRY_MS_MAX, STEP_MS * 2 ** nth) * (0.5 + Math.random() / 2));
    }
  }
}

function isPassing(error: unknown): error is Failure {
  return error instanceof Failure && (error.exit === EXIT.unreachable || error.exit === EXIT.fault);
}

function show(commit: FeedCommit): void {
  printCommit(commit.revision, { ...commit, actor: commit.actor ?? "" });
  for (const change of commit.changes) {
    const name = `${change.namespace}/${change.key}`;
    if (change.op === "put") printChange("change", name, `${formatBytes(change.size)}, ${change.mediaType}`);
    else printChange(change.op, name, "");
  }
}
