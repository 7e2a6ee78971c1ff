/**
 * What was read at edges, judged. Two documents, `pair/a` and `pair/b`, are only ever committed together, with one number that
 * grows. Promise: it finds each read that failed, each state that never was (torn), and each step back within an epoch. A copy
 * that stands in for a damaged replica says that it is one, and may be older; it is counted.
 */

/** One answer: what it says of its state, and the numbers that it shows. */
export interface EdgeAnswer {
  readonly lineage: string;
  readonly revision: number;
  /** `Ledge-Source`. */
  readonly source: string;
  readonly ageSeconds: number;
  readonly numbers: readonly number[];
}

export interface Verdict {
  readonly reads: number;
  readonly failed: readonly string[];
  readonly torn: readonly string[];
  readonly back: readonly string[];
  /** Answers from a copy that said so. */
  readonly copies: number;
}

/** How far an edge was seen, and the histories that it had left. */
export interface Reached {
  readonly lineage: string;
  readonly revision: number;
  readonly number: number;
  readonly left: readonly string[];
}

export class ReadJudge {
  readonly #failed: string[] = [];
  readonly #torn: string[] = [];
  readonly #back: string[] = [];
  readonly #reached = new Map<string, Reached>();
  /** The number of each revision, whoever showed it. */
  readonly #numbers = new Map<string, number>();
  readonly #last = new Map<string, EdgeAnswer>();
  #reads = 0;
  #copies = 0;

  failed(edge: string, why: string): void {
    this.#reads += 1;
    this.#failed.push(`${edge}: ${why}`);
  }

  /** How far an edge is known to be: what is asked of it from now on may not be older. */
  reached(edge: string): Reached | undefined {
    return this.#reached.get(edge);
  }

  /** `since` is how far the edge was known to be when it was asked: answers may overtake each other. */
  answered(edge: string, answer: EdgeAnswer, since = this.reached(edge)): void {
    this.#reads += 1;
    this.#last.set(edge, answer);
    const { lineage, revision, source, numbers } = answer;
    const [number] = numbers;
    if (number === undefined) return;
    const name = `${lineage} ${revision}`;
    const known = this.#numbers.get(name) ?? number;
    this.#numbers.set(name, known);
    if (numbers.some((one) => one !== known))
      this.#torn.push(`${edge}: revision ${revision} has ${known}, and shows ${numbers.join(" and ")}`);
    if (source === "previous") this.#copies += 1;
    else this.#judgeOrder(edge, { lineage, revision, number }, since);
  }

  /** What an edge said last. */
  last(edge: string): EdgeAnswer | undefined {
    return this.#last.get(edge);
  }

  verdict(): Verdict {
    return {
      reads: this.#reads,
      failed: this.#failed,
      torn: this.#torn,
      back: this.#back,
      copies: this.#copies,
    };
  }

  #judgeOrder(edge: string, now: Omit<Reached, "left">, since: Reached | undefined): void {
    if (since !== undefined && isBack(now, since))
      this.#back.push(
        `${edge}: from revision ${since.revision} (${since.number}) to ${now.revision} (${now.number})`,
      );
    const newest = this.#reached.get(edge);
    if (newest === undefined) this.#reached.set(edge, { ...now, left: [] });
    else if (!isBack(now, newest)) this.#reached.set(edge, { ...now, left: leftBy(now, newest) });
  }
}

function isBack(now: Omit<Reached, "left">, before: Reached): boolean {
  if (now.lineage !== before.lineage) return before.left.includes(now.lineage);
  return now.revision < before.revision || now.number < before.number;
}

function leftBy(now: Omit<Reached, "left">, { lineage, left }: Reached): readonly string[] {
  return now.lineage === lineage ? left : [...left, lineage];
}
