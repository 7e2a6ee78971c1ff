/**
 * How often one caller may ask: a bucket that holds a second's worth and fills up evenly. It is kept as one number, the
 * moment at which it is full again. Promise: a clock that was wrong locks nobody out; what it left behind is void.
 */

const RATE_MAX = 10_000;
const SECOND_MS = 1000;
/** What a bucket may be ahead besides: requests that wait for a lock overtake each other, by as long as they may wait. */
const OVERTAKEN_MS = 5000;
/** Moments have 13 digits, and a number has 16. */
const ROUNDED_MS = 0.01;

/** A bucket after somebody has asked. */
export interface Rate {
  readonly perSecond: number;
  readonly remaining: number;
}

export interface Taken {
  readonly ok: boolean;
  readonly rate: Rate;
  readonly fullMs: number;
}

/** Takes one out of a bucket; `fullMs` is 0 for one that nobody has taken from. */
export function takeOne(fullMs: number, nowMs: number, perSecond: number): Taken {
  const everyMs = SECOND_MS / perSecond;
  const isVoid = fullMs < nowMs || fullMs > nowMs + SECOND_MS + OVERTAKEN_MS;
  const after = (isVoid ? nowMs : fullMs) + everyMs;
  const left = nowMs + SECOND_MS - after + ROUNDED_MS;
  const remaining = Math.max(0, Math.floor(left / everyMs));
  return { ok: left >= 0, rate: { perSecond, remaining }, fullMs: after };
}

/** A setting of a rate: 0, which is none, where it is empty. Undefined for anything but a number from 0 to 10,000. */
export function parseRate(text = ""): number | undefined {
  return /^\d{0,5}$/.test(text) && Number(text) <= RATE_MAX ? Number(text) : undefined;
}

/** The headers of draft-ietf-httpapi-ratelimit-headers-11: what is left, and what there is a second. */
export function rateHeaders(of: "writes" | "reads", { perSecond, remaining }: Rate): [string, string][] {
  return [
    ["ratelimit", `"${of}";r=${remaining};t=1`],
    ["ratelimit-policy", `"${of}";q=${perSecond};w=1`],
  ];
}
