/** A clock of its own: what is due happens in order, and no time passes in between. A heap by time. */

export class VirtualClock {
  #nowMs = 0;
  readonly #times: number[] = [];
  readonly #works: (() => void)[] = [];

  get nowMs(): number {
    return this.#nowMs;
  }

  after(ms: number, work: () => void): void {
    const atMs = this.#nowMs + Math.max(0, ms);
    let place = this.#times.length;
    this.#times.push(atMs);
    this.#works.push(work);
    while (place > 0) {
      const parent = (place - 1) >> 1;
      if (this.#timeAt(parent) <= atMs) break;
      this.#move(parent, place);
      place = parent;
    }
    this.#times[place] = atMs;
    this.#works[place] = work;
  }

  /** Does all that is due until then; then it is that time. */
  runUntil(untilMs: number): void {
    while (this.#times.length > 0 && this.#timeAt(0) <= untilMs) {
      this.#nowMs = this.#timeAt(0);
      const work = this.#works[0];
      this.#removeFirst();
      work?.();
    }
    this.#nowMs = untilMs;
  }

  #removeFirst(): void {
    const lastMs = this.#times.pop() ?? 0;
    const last = this.#works.pop();
    const length = this.#times.length;
    if (length === 0 || last === undefined) return;
    let place = 0;
    for (let child = 1; child < length; child = 2 * place + 1) {
      if (child + 1 < length && this.#timeAt(child + 1) < this.#timeAt(child)) child += 1;
      if (this.#timeAt(child) >= lastMs) break;
      this.#move(child, place);
      place = child;
    }
    this.#times[place] = lastMs;
    this.#works[place] = last;
  }

  #timeAt(place: number): number {
    return this.#times[place] ?? Number.POSITIVE_INFINITY;
  }

  #move(from: number, to: number): void {
    const work = this.#works[from];
    if (work === undefined) throw new Error("the heap has a hole");
    this.#times[to] = this.#timeAt(from);
    this.#works[to] = work;
  }
}
