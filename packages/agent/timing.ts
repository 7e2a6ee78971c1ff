/** How long an agent waits for what. All pauses carry full jitter, so that many agents never come at one time. */

export interface Timing {
  /** How long a source may hold a question about news, in seconds. */
  readonly waitSeconds: number;
  /** Between two looks at a server that holds nobody, as on plain Spin. */
  readonly pollMs: number;
  /** Between two looks at a bucket: each costs requests. */
  readonly bucketMs: number;
  /** While another source than the first is followed: between two looks whether a better one answers again. */
  readonly betterMs: number;
  /** Whose state is older than that is passed over, where there is another source, in seconds: some waits of a relay's relay. */
  readonly staleSeconds: number;
  /** The bound of the first pause after a failure; it doubles with each. */
  readonly firstPauseMs: number;
  readonly pauseMsMax: number;
  /** Between two reports to the origin. */
  readonly beaconMs: number;
  /** After the last move, until the copy of the replica is made anew. */
  readonly copyAfterMs: number;
}

export const TIMING: Timing = {
  waitSeconds: 25,
  pollMs: 5000,
  bucketMs: 15_000,
  betterMs: 20_000,
  staleSeconds: 120,
  firstPauseMs: 2000,
  pauseMsMax: 30_000,
  beaconMs: 30_000,
  copyAfterMs: 60_000,
};

/** Of the time between two reports: within how much of it a move is told. */
export const REPORT_SOON = 0.1;

/** Anywhere between nothing and a bound that doubles with each failure. */
export function pauseMs(
  { firstPauseMs, pauseMsMax }: Timing,
  failures: number,
  random: () => number,
): number {
  return random() * Math.min(pauseMsMax, firstPauseMs * 2 ** Math.min(failures, 30));
}

/** About so long: between half and one and a half times. */
export function aboutMs(ms: number, random: () => number): number {
  return ms * (0.5 + random());
}

/**
 * For how long the first question after news is held: anywhere up to the whole. All who wait are told of a commit at one moment and ask
 * again at the next, and would else come together with each wait that follows, for ever.
 */
export function firstWaitSeconds({ waitSeconds }: Timing, random: () => number): number {
  return Math.ceil(random() * waitSeconds);
}
