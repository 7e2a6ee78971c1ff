/**
 * Which of its sources an agent asks: the first that answers, and the better one again once that answers. Pure: what was
 * answered and the time are given to it.
 */
import { aboutMs, firstWaitSeconds, pauseMs, type Timing } from "./timing.ts";

export interface SourceOrder {
  /** The place of the source to ask now. */
  readonly at: number;
  /** The place of the source that answered last; undefined before any did. */
  readonly followed: number | undefined;
  /** How often in turn no source answered, all of them counted as one. */
  readonly rounds: number;
  /** When a better source is tried again, while another than the first is followed. */
  readonly betterAtMs: number;
  /** The last answer brought news: many agents have had them at this moment. */
  readonly hadNews: boolean;
}

export const FROM_THE_FIRST: SourceOrder = {
  at: 0,
  followed: undefined,
  rounds: 0,
  betterAtMs: 0,
  hadNews: false,
};

interface Pace {
  readonly timing: Timing;
  readonly random: () => number;
}

/** The source that was asked has answered. */
export function afterAnswer(
  order: SourceOrder,
  { nowMs, hasNews }: { readonly nowMs: number; readonly hasNews: boolean },
  { timing, random }: Pace,
): SourceOrder {
  const { at, followed, betterAtMs } = order;
  // A wait ends when a better one is due: its answer may not put that off.
  const next = at === followed ? betterAtMs : nowMs + aboutMs(timing.betterMs, random);
  return { at, followed: at, rounds: 0, betterAtMs: next, hadNews: hasNews };
}

/** Whether a look at better sources is due: while another one is followed. */
export function isBetterDue({ at, followed, betterAtMs }: SourceOrder, nowMs: number): boolean {
  return at > 0 && at === followed && nowMs >= betterAtMs;
}

/** The better sources are looked at; and then not again for a while. */
export function afterLook(order: SourceOrder, nowMs: number, { timing, random }: Pace): SourceOrder {
  return { ...order, betterAtMs: nowMs + aboutMs(timing.betterMs, random) };
}

/** A look has found that this one answers: it is asked next. */
export function goingTo(order: SourceOrder, at: number): SourceOrder {
  return at < order.at && order.at === order.followed ? { ...order, at } : order;
}

/**
 * The source that was asked has not answered, or cannot serve. The next one is asked at once; after the last one there is a
 * pause, in milliseconds.
 */
export function afterFailure(
  order: SourceOrder,
  count: number,
  { timing, random }: Pace,
): { readonly order: SourceOrder; readonly pauseMs: number } {
  const at = order.at + 1;
  if (at < count) return { order: { ...order, at }, pauseMs: 0 };
  const rounds = order.rounds + 1;
  return { order: { ...order, at: 0, rounds }, pauseMs: pauseMs(timing, rounds - 1, random) };
}

/**
 * How long the source may let us wait for news, in seconds: no longer than until a better one is tried again; and a better one that is
 * tried is only looked at, since it may turn out to be none.
 */
export function waitSecondsAt(
  { at, followed = at, betterAtMs, hadNews }: SourceOrder,
  nowMs: number,
  { timing, random }: Pace,
): number {
  if (at < followed) return 0;
  const seconds = hadNews ? firstWaitSeconds(timing, random) : timing.waitSeconds;
  if (at === 0) return seconds;
  return Math.max(0, Math.min(seconds, Math.ceil((betterAtMs - nowMs) / 1000)));
}
