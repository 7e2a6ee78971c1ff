/** Moments as the interface writes them: ISO 8601, UTC, milliseconds. */

export function formatTime(ms: number): string {
  return new Date(ms).toISOString();
}

const MOMENT = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d{1,3})?(Z|[+-]\d{2}:\d{2})$/;

/** Milliseconds since 1970 of an RFC 3339 moment; undefined for anything else, dates without a zone included. */
export function parseTime(text: string): number | undefined {
  if (!MOMENT.test(text)) return undefined;
  const ms = Date.parse(text);
  return Number.isSafeInteger(ms) ? ms : undefined;
}
