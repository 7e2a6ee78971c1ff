/**
 * Which tokens were used on which day, in memory: a read writes nothing. The tick tells the store (host.ts). Promise: only
 * a token that was accepted is noted; what is remembered is bounded; what is lost with the process is what was noted since
 * the last tick.
 */

import { BoundedMap } from "../../../lib/core/bounded-map.ts";
import { USED_AT_ONCE } from "../../../lib/core/tokens-used.ts";
import { accessorIn } from "./carried-token.ts";

const DAY_MS = 86_400_000;
/** Of an entry in the map, roughly. */
const ENTRY_BYTES = 100;

export type UsedDay = readonly [accessor: string, day: string];

export class LastUsed {
  readonly #nowMs: () => number;
  /** By token: the number of the day on which it was last noted. */
  readonly #noted = new BoundedMap<number>();
  /** By accessor: what the store has not been told. */
  readonly #untold = new Map<string, string>();

  constructor(nowMs: () => number = Date.now) {
    this.#nowMs = nowMs;
  }

  /** Of each request that was answered with what it asked for: a second one of the same day costs a look. */
  note(token: string | undefined): void {
    if (token === undefined) return;
    const nowMs = this.#nowMs();
    const today = Math.floor(nowMs / DAY_MS);
    if (this.#noted.get(token) === today) return;
    const accessor = accessorIn(token);
    // Beyond the bound it is noted with the next request, when there is room again.
    if (accessor === undefined || this.#untold.size >= USED_AT_ONCE) return;
    this.#noted.set(token, today, ENTRY_BYTES);
    this.#untold.set(accessor, new Date(nowMs).toISOString().slice(0, "2026-11-29".length));
  }

  /** What is to be told. */
  untold(): readonly UsedDay[] {
    return [...this.#untold];
  }

  /** It was told; what was noted meanwhile is told the next time. */
  told(days: readonly UsedDay[]): void {
    for (const [accessor, day] of days) if (this.#untold.get(accessor) === day) this.#untold.delete(accessor);
  }
}
