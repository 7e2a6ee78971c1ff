/**
 * Writes down who was denied: the code, the route of the manifest and, of a token in form, its accessor. Promise: never a
 * secret, a path or a query; and of each code one line a second with a count of those left out, so that no client can
 * fill a disk. The store keeps nothing of it: a request that is denied writes nothing there.
 */
import type { RefusalCode } from "../../../lib/core/refusal.ts";
import { accessorIn } from "./carried-token.ts";

/** What somebody tries who has no right to it, or not this one. */
const DENIALS: ReadonlySet<RefusalCode | "other"> = new Set([
  "unauthenticated",
  "bad_token",
  "token_expired",
  "forbidden",
  "escalation",
  "reserved_namespace",
  "override_required",
  "bootstrap_refused",
  "bootstrap_done",
  "recovery_refused",
  "recovery_active",
]);

const QUIET_MS = 1000;

export interface DeniedRequest {
  readonly method: string;
  readonly route: string;
  readonly status: number;
  /** Undefined where the answer has no body, as to HEAD. */
  readonly code: RefusalCode | "other" | undefined;
  /** What it carried as a token, if anything. */
  readonly token: string | undefined;
}

/** The clock, and a way to be called later; a test has its own. */
export interface DeniedClock {
  nowMs(): number;
  later(ms: number, run: () => void): void;
}

const CLOCK: DeniedClock = {
  nowMs: Date.now,
  // Nothing waits for a count at the end of a process.
  later: (ms, run) => void setTimeout(run, ms).unref(),
};

export class DeniedLog {
  readonly #write: (line: string) => void;
  readonly #clock: DeniedClock;
  /** By code: how many came in the second after its line. */
  readonly #quiet = new Map<string, number>();

  constructor(write: (line: string) => void, clock: DeniedClock = CLOCK) {
    this.#write = write;
    this.#clock = clock;
  }

  /** Told of every answer; writes those of the caller's rights. */
  told({ method, route, status, code, token }: DeniedRequest): void {
    const denied = code === undefined ? status === 401 || status === 403 : DENIALS.has(code);
    if (!denied) return;
    const name = code ?? String(status);
    const leftOut = this.#quiet.get(name);
    if (leftOut !== undefined) {
      this.#quiet.set(name, leftOut + 1);
      return;
    }
    const accessor = accessorIn(token);
    this.#say({ code: name, method, route, ...(accessor === undefined ? {} : { accessor }) });
    this.#hush(name);
  }

  #hush(name: string): void {
    this.#quiet.set(name, 0);
    this.#clock.later(QUIET_MS, () => {
      const leftOut = this.#quiet.get(name) ?? 0;
      this.#quiet.delete(name);
      if (leftOut === 0) return;
      this.#say({ code: name, leftOut });
      this.#hush(name);
    });
  }

  #say(fields: Readonly<Record<string, string | number>>): void {
    this.#write(`${JSON.stringify({ event: "access.refused", atMs: this.#clock.nowMs(), ...fields })}\n`);
  }
}
