/**
 * One server, asked over `fetch`. Promise: what may be sent again (reads, and writes with an Idempotency-Key) is sent
 * again a few times, with full jitter and never before `Retry-After`, and all together no more often than the budget
 * allows (retry-budget.ts); anything else is sent once.
 */
import { readBody } from "./body.ts";
import { decodeText } from "./document.ts";
import { errorOf, LedgeError } from "./errors.ts";
import type { AnswerHeaders, Fetch, FetchAnswer } from "./fetch.ts";
import { later } from "./later.ts";
import { RetryBudget } from "./retry-budget.ts";

export interface ServerOptions {
  /** Of the server, without a path: `http://127.0.0.1:3000`. */
  readonly url: string;
  /** A token, or what gives one, for tokens that change. Without one only public namespaces answer. */
  readonly token?: string | undefined | (() => string | undefined | Promise<string | undefined>);
  /** Default: the global `fetch`. */
  readonly fetch?: Fetch;
  /**
   * How long one attempt may wait for its answer to begin, besides what it asks the server to wait, and for each next byte of
   * it, in milliseconds. An answer that goes on has as long as it takes, at a kilobyte a second or more. Infinity: no limit at all.
   * Default: 10,000.
   */
  readonly timeoutMs?: number;
  /** How often a request is sent at most. Default: 4. */
  readonly attempts?: number;
  /**
   * Whether what failed so may be sent again, while attempts are left. Default: reads, and writes with their
   * Idempotency-Key, where the server says so or nobody answered.
   */
  readonly mayRepeat?: (error: LedgeError, asked: ServerRequest) => boolean;
}

export interface ServerRequest {
  readonly method: string;
  readonly path: string;
  readonly query?: Readonly<Record<string, string | number | boolean | undefined>>;
  readonly headers?: Readonly<Record<string, string | undefined>>;
  /** Sent as JSON. */
  readonly json?: unknown;
  readonly body?: string | Uint8Array<ArrayBuffer>;
  /** How long the server is asked to wait, in seconds. */
  readonly waitSeconds?: number;
  readonly signal?: AbortSignal | undefined;
}

/** An answer with a status below 300, or 304. */
export interface ServerAnswer {
  readonly status: number;
  readonly headers: AnswerHeaders;
  readonly bytes: Uint8Array;
  /** How long its bytes took to come once it had begun, in milliseconds. */
  readonly bodyMs: number;
}

export interface ServerClient {
  /** Rejects with LedgeError, or with the signal's reason. */
  ask(asked: ServerRequest): Promise<ServerAnswer>;
  /** The JSON of the answer. */
  json<Content>(asked: ServerRequest): Promise<Content>;
  /** The answer before its body has come: one attempt, which the signal ends at any time. */
  open(asked: ServerRequest & { readonly signal: AbortSignal }): Promise<FetchAnswer>;
}

const TIMEOUT_MS = 10_000;
const ATTEMPTS = 4;
const FIRST_PAUSE_MS = 200;
const PAUSE_MS_MAX = 5000;
/** A server that asks for more is not waited for. */
const RETRY_AFTER_MS_MAX = 30_000;

export function openServer(options: ServerOptions): ServerClient {
  const { attempts = ATTEMPTS, mayRepeat = isRepeatable } = options;
  const budget = new RetryBudget();
  const ask: ServerClient["ask"] = async (asked) => {
    budget.earn();
    for (let nth = 1; ; nth += 1) {
      const outcome = await attempt(options, asked);
      if (!(outcome instanceof LedgeError)) return outcome;
      const { retryAfterMs = 0 } = outcome;
      if (nth >= attempts || retryAfterMs > RETRY_AFTER_MS_MAX || !mayRepeat(outcome, asked)) throw outcome;
      if (!budget.spend()) throw outcome;
      await later(retryAfterMs + jittered(nth), asked.signal);
    }
  };
  return {
    ask,
    json: async (asked) => JSON.parse(decodeText((await ask(asked)).bytes)),
    async open(asked) {
      const response = await sent(options, asked, asked.signal);
      if (response.ok) return response;
      throw errorOf(response.status, response.headers, await response.text());
    },
  };
}

/** Full jitter: anywhere between nothing and a bound that doubles. */
export function jittered(nth: number, mostMs = PAUSE_MS_MAX): number {
  return Math.random() * Math.min(mostMs, FIRST_PAUSE_MS * 2 ** (nth - 1));
}

function isRepeatable(error: LedgeError, { method, headers = {} }: ServerRequest): boolean {
  const repeatable = method === "GET" || method === "HEAD" || headers["idempotency-key"] !== undefined;
  // Read-only mode ends when a person ends it. Of an unknown outcome a repeat with its key tells.
  return repeatable && (error.retryable || error.code === "outcome_unknown") && error.code !== "read_only";
}

/** One attempt: its answer begins in time, and its body goes on. */
async function attempt(options: ServerOptions, asked: ServerRequest): Promise<ServerAnswer | LedgeError> {
  const { signal, waitSeconds = 0 } = asked;
  const { timeoutMs = TIMEOUT_MS } = options;
  signal?.throwIfAborted();
  const late = new AbortController();
  const leave = () => late.abort(signal?.reason);
  signal?.addEventListener("abort", leave);
  const end = () => late.abort(new Error(`no answer within ${timeoutMs} ms`));
  const timer = Number.isFinite(timeoutMs) ? setTimeout(end, timeoutMs + waitSeconds * 1000) : undefined;
  try {
    const response = await sent(options, asked, late.signal);
    clearTimeout(timer);
    const beganMs = performance.now();
    const bytes = Number.isFinite(timeoutMs)
      ? await readBody(response, { silenceMs: timeoutMs, ending: late })
      : new Uint8Array(await response.arrayBuffer());
    const { status, headers } = response;
    if (response.ok || status === 304) return { status, headers, bytes, bodyMs: performance.now() - beganMs };
    return errorOf(status, headers, new TextDecoder().decode(bytes));
  } catch (cause) {
    signal?.throwIfAborted();
    const why = late.signal.aborted ? late.signal.reason : cause;
    return new LedgeError("unreachable", `${options.url} does not answer.`, { retryable: true, cause: why });
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener("abort", leave);
  }
}

async function sent(
  { url, token, fetch: given = fetch }: ServerOptions,
  { method, path, query = {}, headers = {}, json, body, waitSeconds = 0 }: ServerRequest,
  signal: AbortSignal,
): Promise<FetchAnswer> {
  const address = new URL(url.replace(/\/+$/, "") + path);
  for (const [name, value] of Object.entries(query))
    if (value !== undefined) address.searchParams.set(name, String(value));
  if (waitSeconds > 0) address.searchParams.set("wait", String(waitSeconds));
  const bearer = typeof token === "function" ? await token() : token;
  const all: Record<string, string> = {};
  for (const [name, value] of Object.entries(headers))
    if (value !== undefined) all[name.toLowerCase()] = value;
  if (bearer !== undefined) all.authorization = `Bearer ${bearer}`;
  if (json !== undefined) all["content-type"] = "application/json";
  const content = json === undefined ? body : JSON.stringify(json);
  const asked = { method, headers: all, redirect: "error", signal } as const;
  return given(address.href, content === undefined ? asked : { ...asked, body: content });
}
