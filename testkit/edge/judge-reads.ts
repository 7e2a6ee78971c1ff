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

interface Reached {
  readonly lineage: string;
  readonly revision: number;
  readonly number: number;
}

export class ReadJudge {
  readonly #failed: string[] = [];
  readonly #torn: string[] = [];
  readonly #back: string[] = [];
  readonly #reached = new Map<string, Reached>();
  /** Of each edge, the histories that it has left. */
  readonly #left = new Map<string, Set<string>>();
  /** The number of each revision, whoever showed it. */
  readonly #numbers = new Map<string, number>();
  readonly #last = new Map<string, EdgeAnswer>();
  #reads = 0;
  #copies = 0;

  failed(edge: string, why: string): void {
    this.#reads += 1;
    this.#failed.push(`${edge}: ${why}`);
  }

  answered(edge: string, answer: EdgeAnswer): void {
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
    else this.#judgeOrder(edge, { lineage, revision, number });
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

  #judgeOrder(edge: string, now: Reached): void {
    const before = this.#reached.get(edge);
    this.#reached.set(edge, now);
    if (before === undefined) return;
    const left = this.#left.get(edge) ?? new Set();
    this.#left.set(edge, left);
    if (before.lineage !== now.lineage) left.add(before.lineage);
    const isBack =
      left.has(now.lineage) ||
      (before.lineage === now.lineage && (now.revision < before.revision || now.number < before.number));
    if (isBack)
      this.#back.push(
        `${edge}: from revision ${before.revision} (${before.number}) to ${now.revision} (${now.number})`,
      );
  }
}
