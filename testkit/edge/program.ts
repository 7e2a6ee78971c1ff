/**
 * A program beside an agent: it reads one document again and again, does something with it, and tells the agent how often that
 * fails. A watchdog says that all fails where the program does not come back at all.
 */
import { setTimeout as pause } from "node:timers/promises";
import type { Site } from "./site.ts";

export interface SiteProgram {
  readonly site: Site;
  /** Each text that it was given to work with, once, in order. */
  readonly seen: readonly string[];
  /** When it failed for the first time, by performance.now(); undefined before. */
  firstFailureMs(): number | undefined;
  /** Whether the last document was of use. */
  isWell(): boolean;
  stop(): Promise<void>;
}

export interface ProgramWork {
  readonly key: string;
  /** Throws where it cannot. One that never resolves is a deadlock. */
  use(document: string): void | Promise<void>;
}

const EVERY_MS = 100;
/** Beyond it the watchdog takes the program for dead, and starts it anew. */
const DEAD_MS = 500;

export function runProgram(site: Site, { key, use }: ProgramWork): SiteProgram {
  const seen: string[] = [];
  const ending = new AbortController();
  const state: { well: boolean; failureMs?: number } = { well: true };
  const ask = async (path: string, init: RequestInit = {}) => {
    const headers = { authorization: `Bearer ${site.token}`, "content-type": "application/json" };
    const answer = await fetch(`${site.url()}${path}`, { headers, ...init });
    const text = await answer.text();
    if (!answer.ok) throw new Error(`${site.name}: ${path}: ${answer.status} ${text}`);
    return text;
  };
  const once = async () => {
    const document = await ask(`/v1/read/shop?key=${key}`);
    if (seen.at(-1) !== document) seen.push(document);
    const fails = await failsWith(use, document);
    if (fails) state.failureMs ??= performance.now();
    state.well = !fails;
    const body = JSON.stringify({ namespace: "shop", errorRate: fails ? 1 : 0 });
    await ask("/v1/agent/health", { method: "POST", body });
  };
  const running = (async () => {
    while (!ending.signal.aborted) {
      await once();
      await pause(EVERY_MS);
    }
  })();
  return {
    site,
    seen,
    firstFailureMs: () => state.failureMs,
    isWell: () => state.well,
    async stop() {
      ending.abort();
      await running;
    },
  };
}

async function failsWith(use: ProgramWork["use"], document: string): Promise<boolean> {
  const done = (async () => {
    await use(document);
    return false;
  })();
  const dead = pause(DEAD_MS).then(() => true);
  return Promise.race([done, dead]).catch(() => true);
}
