/** A moment as people type it: RFC 3339, a date alone (its beginning, UTC), or a span from now such as `90d`; of the past also a time of day. */
import { parseDuration } from "../../lib/core/duration.ts";
import { formatTime } from "../../lib/core/time.ts";
import { parseTypedMoment } from "../../lib/core/typed-moment.ts";
import { EXIT, Failure } from "./failure.ts";

const FORMS = "a date such as 2027-01-01, a moment such as 2027-01-01T00:00:00Z, or a span such as 90d";

/** The moment in the future that `text` names, as the interface writes it. Refuses anything else. */
export function parseComing(flag: string, text: string, nowMs: number): string {
  const ms = parseTypedMoment(text, { nowMs, span: "ahead" });
  if (ms === undefined)
    throw new Failure(EXIT.usage, `${flag} ${text} is no moment`, { hint: `give ${FORMS}` });
  if (ms <= nowMs) throw new Failure(EXIT.usage, `${flag} ${text} lies in the past`);
  return formatTime(ms);
}

/** What a command takes for a moment that is over. */
export const PAST_STATE = "a span (1h, 2d), a time of day (13:00), a date, a moment or a revision";

/**
 * A past state as the interface takes it: a revision as it is, or a moment. A span counts back from now; a time of day is
 * the last one that this machine's clock has shown. Undefined for none, and for `head`. Refuses anything else.
 */
export function parsePast(flag: string, text: string | undefined, nowMs: number): string | undefined {
  if (text === undefined || text === "head") return undefined;
  if (/^\d{1,16}$/.test(text)) return text;
  const ms = timeOfDay(text, nowMs) ?? parseTypedMoment(text.replace(/ ago$/, ""), { nowMs, span: "back" });
  if (ms === undefined)
    throw new Failure(EXIT.usage, `${flag} ${text} is no moment and no revision`, {
      hint: `give ${PAST_STATE}`,
    });
  return formatTime(ms);
}

function timeOfDay(text: string, nowMs: number): number | undefined {
  const match = /^([01]?\d|2[0-3]):([0-5]\d)$/.exec(text);
  if (match === null) return undefined;
  const day = new Date(nowMs);
  day.setHours(Number(match[1]), Number(match[2]), 0, 0);
  if (day.getTime() > nowMs) day.setDate(day.getDate() - 1);
  return day.getTime();
}

/** Milliseconds of a span such as `1h`. Refuses anything else. */
export function parseSpan(flag: string, text: string): number {
  const ms = parseDuration(text);
  if (ms === undefined || ms === 0)
    throw new Failure(EXIT.usage, `${flag} ${text} is no span`, { hint: "give one such as 30m, 1h or 7d" });
  return ms;
}
