/**
 * Looks at better sources while another one is followed. Promise: a look runs beside the following; a source that does not
 * answer, or drips, holds up nobody. Once one answers, what the lane waits for at its source ends, and the lane goes there.
 */
import type { ChangesPage, Place } from "./source.ts";

/** A better source has answered. */
export interface BetterSource {
  /** Its place in the order. */
  readonly at: number;
  /** What it was asked for, and its answer: undefined where it answered that it does not know that place. */
  readonly after: Place;
  readonly page: ChangesPage | undefined;
}

export class BetterLook {
  readonly #ending: AbortSignal;
  #looking: Promise<void> | undefined;
  #found: BetterSource | undefined;
  #waiting = new AbortController();

  /** `ending`: of the lane. */
  constructor(ending: AbortSignal) {
    this.#ending = ending;
    ending.addEventListener("abort", () => this.#waiting.abort(ending.reason), { once: true });
  }

  /** For what a lane waits for at the source that it follows: ends with the lane, and when a better one has answered. */
  get waiting(): AbortSignal {
    return this.#waiting.signal;
  }

  /** Whether what ended did so because a better source has answered. */
  get hasFound(): boolean {
    return this.#found !== undefined;
  }

  /** One at a time; `look` does not reject, unless the lane ends. */
  begin(look: (signal: AbortSignal) => Promise<BetterSource | undefined>): void {
    this.#looking ??= look(this.#ending)
      .then((found) => {
        if (found === undefined) return;
        this.#found = found;
        this.#waiting.abort(new Error("a better source answers"));
      })
      .catch((error: unknown) => {
        if (!this.#ending.aborted) throw error;
      })
      .finally(() => {
        this.#looking = undefined;
      });
  }

  /** What was found, once. */
  take(): BetterSource | undefined {
    const found = this.#found;
    if (found === undefined) return undefined;
    this.#found = undefined;
    if (!this.#ending.aborted) this.#waiting = new AbortController();
    return found;
  }

  /** Resolves when nothing is looked at any more. */
  async ended(): Promise<void> {
    await this.#looking;
  }
}
