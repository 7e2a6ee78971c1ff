/** Reports of an agent of the simulation, at the pace of `ledge agent` (programs/agent/beacons.ts); a relay sends on what comes to it. */
import { aboutMs, REPORT_SOON, type Timing } from "../../packages/agent/timing.ts";
import type { SimulatedServer } from "./server.ts";
import type { VirtualClock } from "./virtual-clock.ts";

export interface ReportOptions {
  readonly clock: VirtualClock;
  readonly timing: Timing;
  readonly random: () => number;
  /** The first that takes them gets them. */
  readonly targets: readonly SimulatedServer[];
  readonly latencyMs: number;
  /** Instead of what the target does with a number of reports. */
  readonly deliver?: (() => void) | undefined;
}

const BATCH_MAX = 500;

export class Reports {
  readonly #options: ReportOptions;
  #others = 0;
  /** A sending that was planned before another one is none. */
  #planned = 0;
  #isSoon = false;

  constructor(options: ReportOptions) {
    this.#options = options;
  }

  /** At any time of a round, as of agents that were started one by one. */
  start(): void {
    this.#plan(this.#options.random() * this.#options.timing.beaconMs);
  }

  add(count: number): void {
    this.#others += count;
    this.tellSoon();
  }

  tellSoon(): void {
    if (this.#isSoon) return;
    this.#isSoon = true;
    const { timing, random } = this.#options;
    this.#plan(random() * timing.beaconMs * REPORT_SOON);
  }

  #plan(ms: number): void {
    this.#planned += 1;
    const planned = this.#planned;
    this.#options.clock.after(ms, () => {
      if (planned === this.#planned) this.#send();
    });
  }

  #send(): void {
    this.#isSoon = false;
    const { timing, random } = this.#options;
    const count = 1 + this.#others;
    this.#others = 0;
    for (let sent = 0; sent < count; sent += BATCH_MAX) this.#sendTo(0, Math.min(BATCH_MAX, count - sent));
    this.#plan(aboutMs(timing.beaconMs, random));
  }

  #sendTo(nth: number, count: number): void {
    const { clock, latencyMs, targets, deliver } = this.#options;
    const target = targets[nth];
    if (target === undefined) return;
    clock.after(latencyMs, () => {
      const next = () => clock.after(latencyMs, () => this.#sendTo(nth + 1, count));
      if (target.isDown) {
        target.load.add(clock.nowMs);
        next();
      } else target.post(deliver ?? (() => target.onReports(count)));
    });
  }
}
