/**
 * The body of an answer, piece by piece. Promise: one that goes on is read to its end, however thin the link; one that stops,
 * drips or has no end is given up.
 */
import type { FetchAnswer } from "./fetch.ts";

/** No answer of Ledge is nearly as large; one without an end would take all memory. */
export const BODY_BYTES_MAX = 67_108_864;

/** A body that comes slower has stopped, as far as anybody can wait for it. */
const LEAST_BYTES_PER_SECOND = 1024;
/** The rate is judged over so many times the longest silence: a link that stumbles may make good for it. */
const SILENCES_JUDGED = 3;

/** The answer began, and its body did not come to its end. */
export class BrokenBody extends Error {}

export interface BodyReading {
  /** The longest silence, in milliseconds. */
  readonly silenceMs: number;
  /** Of the whole attempt; aborted here where the body is given up. */
  readonly ending: AbortController;
}

/** Rejects with BrokenBody. */
export async function readBody(
  { body }: Pick<FetchAnswer, "body">,
  { silenceMs, ending }: BodyReading,
): Promise<Uint8Array> {
  if (body === null) return new Uint8Array(0);
  const reader = body.getReader();
  const pieces: Uint8Array[] = [];
  const giveUp = (why: string) => ending.abort(new BrokenBody(why));
  const progress = watchProgress(silenceMs, giveUp);
  try {
    for (let sizeBytes = 0; ; ) {
      const { value } = await unlessEnded(reader.read(), ending.signal);
      if (value === undefined) return joined(pieces, sizeBytes);
      pieces.push(value);
      sizeBytes += value.length;
      progress.came(value.length);
      if (sizeBytes > BODY_BYTES_MAX) giveUp(`an answer of more than ${BODY_BYTES_MAX} bytes`);
    }
  } catch (cause) {
    // Nobody waits for that: what ends here may not answer to it, either.
    reader.cancel().catch(() => {});
    if (cause instanceof BrokenBody) throw cause;
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new BrokenBody(`the answer broke off: ${why}`, { cause });
  } finally {
    progress.end();
  }
}

function watchProgress(silenceMs: number, giveUp: (why: string) => void) {
  const windowMs = silenceMs * SILENCES_JUDGED;
  let windowBytes = 0;
  const silent = () => giveUp(`the answer stopped for ${silenceMs} ms`);
  let silence = setTimeout(silent, silenceMs);
  const rate = setInterval(() => {
    if (windowBytes * 1000 < LEAST_BYTES_PER_SECOND * windowMs)
      giveUp(`${windowBytes} bytes of the answer came within ${windowMs} ms`);
    windowBytes = 0;
  }, windowMs);
  return {
    came(bytes: number) {
      windowBytes += bytes;
      clearTimeout(silence);
      silence = setTimeout(silent, silenceMs);
    },
    end() {
      clearTimeout(silence);
      clearInterval(rate);
    },
  };
}

/** A stream need not end with the request that it comes from. */
async function unlessEnded<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  signal.throwIfAborted();
  let leave = () => {};
  const ended = new Promise<never>((_done, failed) => {
    leave = () => failed(signal.reason);
    signal.addEventListener("abort", leave, { once: true });
  });
  try {
    return await Promise.race([work, ended]);
  } finally {
    signal.removeEventListener("abort", leave);
  }
}

function joined(pieces: readonly Uint8Array[], sizeBytes: number): Uint8Array {
  const [first = new Uint8Array(0)] = pieces;
  if (pieces.length <= 1) return first;
  const all = new Uint8Array(sizeBytes);
  let at = 0;
  for (const piece of pieces) {
    all.set(piece, at);
    at += piece.length;
  }
  return all;
}
