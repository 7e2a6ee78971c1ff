/** Requests of each second. */

export interface LoadFigures {
  readonly total: number;
  /** A second, on average. */
  readonly mean: number;
  /** Of the second with the most. */
  readonly peak: number;
}

export class LoadCounter {
  readonly #seconds: number[] = [];

  add(nowMs: number): void {
    const second = Math.floor(nowMs / 1000);
    this.#seconds[second] = (this.#seconds[second] ?? 0) + 1;
  }

  /** From one time up to, and without, another, both in milliseconds. */
  between(fromMs: number, untilMs: number): LoadFigures {
    const counts = this.each(fromMs, untilMs);
    const total = counts.reduce((sum, one) => sum + one, 0);
    return {
      total,
      mean: total / Math.max(1, counts.length),
      peak: counts.reduce((most, one) => Math.max(most, one), 0),
    };
  }

  /** The same, second by second. */
  each(fromMs: number, untilMs: number): number[] {
    const [from, until] = [Math.floor(fromMs / 1000), Math.floor(untilMs / 1000)];
    return Array.from({ length: until - from }, (_, nth) => this.#seconds[from + nth] ?? 0);
  }
}
