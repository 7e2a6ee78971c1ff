/** How a link treats what passes over it, now. Whoever waits looks again whenever that changes. */
import { EventEmitter, once } from "node:events";

export interface Ways {
  /** So long each piece takes to come over, in milliseconds. */
  readonly delayMs: number;
  /** At most so many bytes a second, each way of a connection; Infinity for as many as come. */
  readonly bytesPerSecond: number;
  /** Whether anything is kept from going on at all. */
  readonly held: boolean;
  /** The share of bytes that come over as others. */
  readonly garbled: number;
}

export const OPEN: Ways = {
  delayMs: 0,
  bytesPerSecond: Number.POSITIVE_INFINITY,
  held: false,
  garbled: 0,
};

/** When a piece may go on: it came `atMs`, and the one before it went on `lastMs`. */
export function dueMs(
  { delayMs, bytesPerSecond }: Pick<Ways, "delayMs" | "bytesPerSecond">,
  { atMs, lastMs, bytes }: { readonly atMs: number; readonly lastMs: number; readonly bytes: number },
): number {
  return Math.max(atMs + delayMs, Math.max(atMs, lastMs) + (bytes * 1000) / bytesPerSecond);
}

/** Node takes no longer time, and would end one at once. */
const TIMER_MS_MAX = 2_000_000_000;

export class CurrentWays {
  #now = OPEN;
  readonly #changes = new EventEmitter().setMaxListeners(0);

  get now(): Ways {
    return this.#now;
  }

  change(ways: Partial<Ways>): void {
    this.#now = { ...this.#now, ...ways };
    this.#changes.emit("change");
  }

  /** Resolves when nothing is held and the moment that `due` gives for the ways of now is over. Rejects with the signal. */
  async until(due: (ways: Ways) => number, signal: AbortSignal): Promise<void> {
    for (;;) {
      const leftMs = this.#now.held ? Number.POSITIVE_INFINITY : due(this.#now) - performance.now();
      if (leftMs <= 0) return;
      await this.#changeWithin(leftMs, signal);
    }
  }

  async #changeWithin(ms: number, signal: AbortSignal): Promise<void> {
    const over = new AbortController();
    const timer = ms < TIMER_MS_MAX ? setTimeout(() => over.abort(), ms) : undefined;
    try {
      await once(this.#changes, "change", { signal: AbortSignal.any([signal, over.signal]) });
    } catch (error) {
      if (signal.aborted || !over.signal.aborted) throw error;
    } finally {
      clearTimeout(timer);
    }
  }
}
