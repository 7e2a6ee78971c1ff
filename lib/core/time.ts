/** Moments as the interface writes them: ISO 8601, UTC, milliseconds. */

export function formatTime(ms: number): string {
  return new Date(ms).toISOString();
}

const MOMENT =
  /^(\d{4}-\d{2}-\d{2})T([01]\d|2[0-3]):([0-5]\d):([0-5]\d)(?:\.\d{1,3})?(?:Z|[+-](?:[01]\d|2[0-3]):[0-5]\d)$/;

/**
 * Milliseconds since 1970 of an RFC 3339 moment; undefined for anything else: dates without a zone, and days that no
 * calendar has (`2027-02-30`), which Date.parse would count on into the next month.
 */
export function parseTime(text: string): number | undefined {
  const match = MOMENT.exec(text);
  if (match === null || startOfDay(match[1] ?? "") === undefined) return undefined;
  const ms = Date.parse(text);
  return Number.isSafeInteger(ms) ? ms : undefined;
}

/** Milliseconds since 1970 of a day's first moment in UTC, `2027-01-31`; undefined for anything else. */
export function startOfDay(text: string): number | undefined {
  if (!/^\d{4}-\d{2}-\d{2}$/.test(text)) return undefined;
  const ms = Date.parse(`${text}T00:00:00Z`);
  return Number.isSafeInteger(ms) && formatTime(ms).startsWith(text) ? ms : undefined;
}
