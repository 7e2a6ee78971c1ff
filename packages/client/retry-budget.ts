/**
 * How often a server may be asked again: a tenth of what it is asked, and a few more. Promise: however many requests fail at
 * one time, those that are sent again add little to the load that made them fail. Pauses spread repeats over time, and make
 * them no fewer.
 */

/** What one repeat takes, where each request that is sent the first time adds one. */
const REPEAT_COSTS = 10;
/** Ten repeats are saved up at most: a program that has only begun may repeat its first requests. */
const SAVED_MAX = 10 * REPEAT_COSTS;

export class RetryBudget {
  #saved = SAVED_MAX;

  /** A request is sent the first time. */
  earn(): void {
    this.#saved = Math.min(SAVED_MAX, this.#saved + 1);
  }

  /** Whether one may be sent again, which is counted then. */
  spend(): boolean {
    if (this.#saved < REPEAT_COSTS) return false;
    this.#saved -= REPEAT_COSTS;
    return true;
  }
}
