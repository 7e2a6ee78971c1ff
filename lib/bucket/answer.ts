/**
 * A bucket's answer, read whole and judged before the SDK sees it. Promise: a body that stalls, is cut, or
 * outgrows what was asked for ends here, and an answer that is not a bucket's (a proxy's page, half a list)
 * is never taken for one. Works over Node's streams and the web's, since the guest has only the latter.
 */
import type { MiddlewareStack } from "@smithy/types";
import { concat, textOf } from "./bytes.ts";
import { BrokenAnswer, NO_ANSWER, regionIn } from "./failure.ts";

export interface Expected {
  /** Silence of this length ends the attempt; bodies have time for their size besides. */
  readonly timeoutMs: number;
  readonly isList?: boolean;
  readonly sentBytes?: number;
  /** With a GET: the most that the object may be. */
  readonly maxBytes?: number;
}

/** Goes to the SDK's `send` beside its command. */
export interface WatchedAnswer {
  readonly abortSignal: AbortSignal;
  /** The answer's body, once `send` is done; undefined when it is larger than `maxBytes`. */
  body(): Uint8Array | undefined;
}

interface HttpAnswer {
  statusCode: number;
  headers: Record<string, string>;
  body: unknown;
}

const ANSWER_BYTES_MAX = 16_777_216;
const BYTES_PER_MS = 64;
const NOTHING = new Uint8Array(0);
/**
 * In Node a request that is given up must let go of its socket. The guest's engine goes on polling what an abort
 * dropped, which traps it; there a request that is given up ends with the instance.
 */
const CAN_ABORT = "process" in globalThis;

/** Puts the watch into a command, which can then be sent once. */
export function watchAnswer<Input extends object, Output extends object>(
  command: { readonly middlewareStack: MiddlewareStack<Input, Output> },
  { timeoutMs, isList = false, sentBytes = 0, maxBytes }: Expected,
): WatchedAnswer {
  const controller = new AbortController();
  let body: Uint8Array | undefined;
  command.middlewareStack.add(
    (next) => async (args) => {
      const stop = () => {
        if (CAN_ABORT) controller.abort();
      };
      const result = await within(timeoutMs + transferMs(sentBytes), next(args), { late: NO_ANSWER, stop });
      const answer = result.response;
      if (!isHttpAnswer(answer)) return result;
      const objectMax = answer.statusCode < 300 ? maxBytes : undefined;
      const limits = { timeoutMs, maxBytes: objectMax ?? ANSWER_BYTES_MAX };
      body = await readBody(answer, limits);
      requireBucketAnswer(answer, body ?? NOTHING, isList);
      // An object's body is not the SDK's any more; of lists and errors it gets what was read.
      if (objectMax === undefined) answer.body = body ?? NOTHING;
      return result;
    },
    // The nearest to the network: the SDK's own reader comes after it.
    { step: "deserialize", priority: "low", name: "watchedAnswer" },
  );
  return { abortSignal: controller.signal, body: () => body };
}

/** Waits so long and no longer. `stop` ends what is waited for. */
async function within<T>(
  ms: number,
  work: Promise<T>,
  { late, stop }: { late: string; stop: () => void },
): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const ends = new Promise<never>((_done, failed) => {
    timer = setTimeout(() => {
      failed(new BrokenAnswer(late, { retryable: true }));
      stop();
    }, ms);
  });
  try {
    return await Promise.race([work, ends]);
  } finally {
    clearTimeout(timer);
    // What loses the race may still fail, with nobody to tell.
    work.catch(() => {});
  }
}

/** How much longer than a silence may last a body of this size may take. */
function transferMs(sizeBytes: number): number {
  return Math.ceil(sizeBytes / BYTES_PER_MS);
}

function isHttpAnswer(value: unknown): value is HttpAnswer {
  return typeof value === "object" && value !== null && "statusCode" in value && "body" in value;
}

interface ReadLimits {
  readonly timeoutMs: number;
  readonly maxBytes: number;
}

/** The body, no shorter than its Content-Length; undefined when it is larger than `maxBytes`. */
async function readBody(answer: HttpAnswer, limits: ReadLimits): Promise<Uint8Array | undefined> {
  const announced = announcedLength(answer);
  const source = sourceOf(answer.body);
  if ((announced ?? 0) > limits.maxBytes) {
    source.stop();
    return undefined;
  }
  const bytes = await collect(source, limits, announced ?? limits.maxBytes);
  if (bytes !== undefined && announced !== undefined && bytes.length !== announced) {
    const detail = `the body has ${bytes.length} of ${announced} bytes`;
    throw new BrokenAnswer(detail, { retryable: true });
  }
  return bytes;
}

/** Throws unless the answer can be a bucket's. A list must be there to its end. */
function requireBucketAnswer(answer: HttpAnswer, body: Uint8Array, isList: boolean): void {
  const { statusCode } = answer;
  if (statusCode >= 300) {
    if (/<(\w+:)?Error[\s>]/.test(textOf(body) ?? "")) return;
    const retryable = statusCode >= 500 || statusCode === 408 || statusCode === 429;
    const region = statusCode < 500 ? regionIn(answer.headers) : undefined;
    throw new BrokenAnswer(`status ${statusCode} without the error of a bucket`, { retryable, region });
  }
  // What we put is JSON or gzip; a list is XML. A page in their place would be taken for somebody else's object.
  const foreign = isList ? /html/i : /html|xml/i;
  if (body.length > 0 && foreign.test(headerOf(answer, "content-type") ?? ""))
    throw new BrokenAnswer(`status ${statusCode} with a web page`, { retryable: true });
  if (isList && !/<\/(\w+:)?ListBucketResult>\s*$/.test(textOf(body) ?? ""))
    throw new BrokenAnswer("the list is not whole, or no list", { retryable: true });
}

function headerOf({ headers }: HttpAnswer, name: string): string | undefined {
  return Object.entries(headers).find(([key]) => key.toLowerCase() === name)?.[1];
}

function announcedLength(answer: HttpAnswer): number | undefined {
  const text = headerOf(answer, "content-length");
  return text === undefined || !/^\d{1,15}$/.test(text) ? undefined : Number(text);
}

interface Source {
  /** The next piece; undefined at the end. */
  next(): Promise<Uint8Array | undefined>;
  stop(): void;
}

async function collect(
  source: Source,
  { timeoutMs, maxBytes }: ReadLimits,
  expectedBytes: number,
): Promise<Uint8Array | undefined> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  const endMs = Date.now() + timeoutMs + transferMs(expectedBytes);
  const late = "the body stopped before its end";
  try {
    for (;;) {
      const waitMs = Math.max(0, Math.min(timeoutMs, endMs - Date.now()));
      const chunk = await within(waitMs, source.next(), { late, stop: () => source.stop() });
      if (chunk === undefined) return concat(chunks);
      size += chunk.length;
      if (size > maxBytes) {
        source.stop();
        return undefined;
      }
      chunks.push(chunk);
    }
  } catch (error) {
    if (error instanceof BrokenAnswer) throw error;
    throw new BrokenAnswer("the connection ended in the middle of the body", { retryable: true });
  }
}

/** Bodies come as a web stream (fetch), as Node's stream, or not at all. */
function sourceOf(body: unknown): Source {
  if (isWebStream(body)) {
    const reader = body.getReader();
    // Not cancelled either, for the same reason as with CAN_ABORT.
    return { next: async () => (await reader.read()).value, stop: () => {} };
  }
  if (isNodeStream(body)) {
    const iterator = body[Symbol.asyncIterator]();
    return {
      next: async () => {
        const { done, value } = await iterator.next();
        return done === true ? undefined : value;
      },
      // Not the iterator's return(): that waits for the piece which does not come.
      stop: () => body.destroy(),
    };
  }
  return { next: async () => undefined, stop: () => {} };
}

interface WebStream {
  getReader(): { read(): Promise<{ value?: Uint8Array }> };
}

interface NodeStream extends AsyncIterable<Uint8Array> {
  destroy(): void;
}

function isWebStream(body: unknown): body is WebStream {
  return typeof body === "object" && body !== null && "getReader" in body;
}

function isNodeStream(body: unknown): body is NodeStream {
  return typeof body === "object" && body !== null && Symbol.asyncIterator in body && "destroy" in body;
}
