/** A moment as people type it: RFC 3339, a date alone (its beginning, UTC), or a span from now such as `90d`. */
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

/** Milliseconds of a span such as `1h`. Refuses anything else. */
export function parseSpan(flag: string, text: string): number {
  const ms = parseDuration(text);
  if (ms === undefined || ms === 0)
    throw new Failure(EXIT.usage, `${flag} ${text} is no span`, { hint: "give one such as 30m, 1h or 7d" });
  return ms;
}
