/**
 * Reads at edges ten times a second over HTTP, and has them judged. Promise: a read that fails counts, unless its agent was said
 * to be down while it was under way.
 */
import { get } from "node:http";
import { type EdgeAnswer, ReadJudge } from "./judge-reads.ts";

export interface ProbedEdge {
  readonly name: string;
  readonly token: string;
  /** Where it listens now; undefined while it is down. */
  url(): string | undefined;
}

export interface Probe {
  readonly judge: ReadJudge;
  stop(): Promise<void>;
}

const EVERY_MS = 100;
/** Longer than anything takes here. */
const LATE_MS = 20_000;
/** Both of the pair in one state, and one of them by itself: answers are made and kept in different ways. */
const PATHS = ["/v1/list/shop?prefix=pair/&values=bytes", "/v1/read/shop?key=pair/a"] as const;

export function openProbe(edges: readonly ProbedEdge[]): Probe {
  const judge = new ReadJudge();
  const under = new Set<Promise<void>>();
  let nth = 0;
  const timer = setInterval(() => {
    nth += 1;
    for (const edge of edges) {
      const reading = readOnce(edge, nth, judge).finally(() => under.delete(reading));
      under.add(reading);
    }
  }, EVERY_MS);
  return {
    judge,
    async stop() {
      clearInterval(timer);
      await Promise.all(under);
    },
  };
}

async function readOnce(edge: ProbedEdge, nth: number, judge: ReadJudge): Promise<void> {
  const before = edge.url();
  if (before === undefined) return;
  const path = PATHS[nth % PATHS.length] ?? PATHS[0];
  const since = judge.reached(edge.name);
  try {
    judge.answered(edge.name, answerOf(await ask(before + path, edge.token)), since);
  } catch (error) {
    const wasThere = edge.url() === before;
    if (wasThere)
      judge.failed(edge.name, `${path}: ${error instanceof Error ? error.message : String(error)}`);
  }
}

interface Told {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly text: string;
}

/** On a connection of its own: an agent that was killed leaves none that is half alive. */
function ask(url: string, token: string): Promise<Told> {
  return new Promise((resolve, reject) => {
    const headers = { authorization: `Bearer ${token}` };
    const request = get(url, { agent: false, headers, timeout: LATE_MS }, (answer) => {
      let text = "";
      answer.setEncoding("utf8").on("data", (piece: string) => {
        text += piece;
      });
      answer.on("error", reject);
      answer.on("end", () => resolve({ status: answer.statusCode ?? 0, headers: answer.headers, text }));
    });
    request.on("timeout", () => request.destroy(new Error(`no answer within ${LATE_MS} ms`)));
    request.on("error", reject);
  });
}

/** Throws what is wrong with it. */
export function answerOf({ status, headers, text }: Told): EdgeAnswer {
  if (status !== 200) throw new Error(`${status} ${text}`);
  const said = JSON.parse(text);
  const numbers: number[] = Array.isArray(said.documents)
    ? said.documents.map((one: { text: string }) => JSON.parse(one.text).n)
    : [said.n];
  return {
    lineage: String(headers["ledge-lineage"]),
    revision: Number(headers["ledge-revision"]),
    source: String(headers["ledge-source"]),
    ageSeconds: Number(headers.age),
    numbers,
  };
}
