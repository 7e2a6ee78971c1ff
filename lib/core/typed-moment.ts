/**
 * Moments as people type them: `2027-01-31T12:00:00Z`, a date alone (`2027-01-31`, its first moment in UTC), or a span
 * from now (`90d`). The interface itself takes the first only; whoever reads what was typed makes that of it.
 */
import { parseDuration } from "./duration.ts";
import { parseTime, startOfDay } from "./time.ts";

/** What a refusal says that a moment is. */
export const TYPED_MOMENT = "2027-01-31T12:00:00Z, a date (2027-01-31, in UTC), or a span (90d, 12h, 30m)";

export interface Typed {
  readonly nowMs: number;
  /** Which way a span counts. */
  readonly span: "ahead" | "back";
}

/** The end of the year 9999: later moments have no four digits. */
const LAST_MS = 253_402_300_799_999;

/** Milliseconds since 1970; undefined for anything else, days that no calendar has and years of five digits included. */
export function parseTypedMoment(text: string, { nowMs, span }: Typed): number | undefined {
  const spanMs = parseDuration(text);
  if (spanMs === undefined) return startOfDay(text) ?? parseTime(text);
  const ms = span === "ahead" ? nowMs + spanMs : nowMs - spanMs;
  return ms >= 0 && ms <= LAST_MS ? ms : undefined;
}
