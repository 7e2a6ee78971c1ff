/**
 * Asking again: full jitter, a bounded number of attempts, a bounded time, and a bounded share of all
 * requests. Promise: a bucket that is down gets a fraction more requests than one that is well, and a request
 * with all its attempts ends while the exporter's lease still stands.
 */
import { mayPass } from "./failure.ts";

export interface RetryOptions {
  readonly attempts: number;
  /** Of one attempt's silence. No attempt begins later than one and a half of it after the first. */
  readonly timeoutMs: number;
  /** The first pause is up to this long, each further one up to twice the one before. */
  readonly pauseMs: number;
}

export interface Retries {
  run<T>(ask: () => Promise<T>): Promise<T>;
}

const LONGEST_PAUSE_MS = 5_000;
/** Each retry takes 1 of these, each success gives a half back: in the long run half a retry a request. */
const ALLOWANCE = 10;
const GIVEN_BACK = 0.5;

/** One for each client: the share of retries is counted over all of its requests. */
export function openRetries({ attempts, timeoutMs, pauseMs: firstMs }: RetryOptions): Retries {
  let allowance = ALLOWANCE;
  return {
    async run(ask) {
      const lastStartMs = Date.now() + timeoutMs * 1.5;
      for (let attempt = 1; ; attempt += 1) {
        try {
          const result = await ask();
          allowance = Math.min(ALLOWANCE, allowance + GIVEN_BACK);
          return result;
        } catch (error) {
          if (attempt >= attempts || allowance < 1 || !mayPass(error)) throw error;
          const pauseMs = randomShare() * Math.min(LONGEST_PAUSE_MS, firstMs * 2 ** (attempt - 1));
          if (Date.now() + pauseMs > lastStartMs) throw error;
          allowance -= 1;
          await new Promise((done) => setTimeout(done, pauseMs));
        }
      }
    },
  };
}

/** From 0 to 1. Not Math.random: a guest's is seeded when it is built. */
function randomShare(): number {
  return (crypto.getRandomValues(new Uint32Array(1))[0] ?? 0) / 0x1_0000_0000;
}
