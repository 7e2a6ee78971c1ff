/**
 * The states of a fold from several ordered sources, brought together in order and handed to the digest. Promise: lists
 * go from hand to hand, because a promise for each line costs the guest more than the line.
 */

import { utf8 } from "../bucket/bytes.ts";
import { compareUtf8 } from "../core/utf8.ts";
import type { OpenDigest } from "./digest.ts";

/** A key of a namespace. Places are ordered as documents are: by the bytes of the one, then of the other. */
export interface KeyPlace {
  readonly namespace: string;
  readonly key: string;
}

/** What one key is at the snapshot's revision: a document's canonical line, or nothing any more. */
export interface Folded extends KeyPlace {
  readonly line: string | null;
  readonly valueBytes: number;
}

export function comparePlaces(left: KeyPlace, right: KeyPlace): number {
  return compareUtf8(left.namespace, right.namespace) || compareUtf8(left.key, right.key);
}

/** A stream of lists, and how far the list at hand is used up. */
class Ahead {
  readonly #stream: AsyncGenerator<Folded[]>;
  #list: readonly Folded[] = [];
  #at = 0;
  #ended = false;

  constructor(stream: AsyncGenerator<Folded[]>) {
    this.#stream = stream;
  }

  /** Has something at hand, or is at its end. */
  async fill(): Promise<void> {
    while (!this.#ended && this.#at >= this.#list.length) {
      const { done, value } = await this.#stream.next();
      this.#ended = done === true;
      this.#list = value ?? [];
      this.#at = 0;
    }
  }

  get ended(): boolean {
    return this.#ended;
  }

  /** Undefined when it has to be filled, or has ended. */
  get first(): Folded | undefined {
    return this.#list[this.#at];
  }

  drop(): void {
    this.#at += 1;
  }
}

/**
 * Merges the streams in order of places; where a key was changed after the base, that counts.
 */
export async function* newestFirst(
  changed: readonly Folded[],
  streams: readonly AsyncGenerator<Folded[]>[],
): AsyncGenerator<Folded[]> {
  const aheads = streams.map((stream) => new Ahead(stream));
  for (let at = 0; ; ) {
    for (const ahead of aheads) await ahead.fill();
    const open = aheads.filter(({ ended }) => !ended);
    if (open.length === 0) {
      yield changed.slice(at);
      return;
    }
    const states: Folded[] = [];
    while (open.every(({ first }) => first !== undefined)) {
      const stream = open.reduce((one, other) => (isBefore(other, one) ? other : one));
      const [state, change] = [stream.first, changed[at]];
      if (state === undefined) break;
      const order = change === undefined ? 1 : comparePlaces(change, state);
      states.push(change !== undefined && order <= 0 ? change : state);
      if (order <= 0) at += 1;
      if (order >= 0) stream.drop();
    }
    yield states;
  }
}

function isBefore({ first: left }: Ahead, { first: right }: Ahead): boolean {
  return left !== undefined && right !== undefined && comparePlaces(left, right) < 0;
}

const BATCH_CHARS = 262_144;

export interface LineBatch {
  /** Undefined when there is nothing to wait for, which is nearly always. */
  add(state: Folded): Promise<void> | undefined;
  flush(): Promise<void>;
}

/** Hands lines on in batches: the digest copies its open block with each. */
export function lineBatch(digest: OpenDigest): LineBatch {
  let namespace = "";
  let lines: string[] = [];
  let chars = 0;
  let bytes = 0;
  const flush = async () => {
    if (lines.length > 0) await digest.add(namespace, utf8(lines.join("\n")), { keys: lines.length, bytes });
    lines = [];
    chars = 0;
    bytes = 0;
  };
  const push = (line: string, valueBytes: number) => {
    lines.push(line);
    chars += line.length;
    bytes += valueBytes;
  };
  return {
    flush,
    add({ namespace: of, line, valueBytes }) {
      if (line === null) return undefined;
      if (of === namespace || lines.length === 0) {
        namespace = of;
        push(line, valueBytes);
        return chars >= BATCH_CHARS ? flush() : undefined;
      }
      return flush().then(() => {
        namespace = of;
        push(line, valueBytes);
      });
    },
  };
}
