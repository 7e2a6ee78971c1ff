/** A moment as people say it, with the exact one when asked (hover, focus, screen readers). */
const STEPS: readonly (readonly [Intl.RelativeTimeFormatUnit, number])[] = [
  ["year", 31_536_000],
  ["month", 2_592_000],
  ["day", 86_400],
  ["hour", 3600],
  ["minute", 60],
];
const relative = new Intl.RelativeTimeFormat("en", { numeric: "auto" });
const exact = new Intl.DateTimeFormat("en-GB", { dateStyle: "medium", timeStyle: "medium" });

export function sinceWords(iso: string, nowMs = Date.now()): string {
  const seconds = (Date.parse(iso) - nowMs) / 1000;
  for (const [unit, size] of STEPS)
    if (Math.abs(seconds) >= size) return relative.format(Math.trunc(seconds / size), unit);
  return Math.abs(seconds) < 10 ? "now" : `${Math.round(-seconds)} seconds ago`;
}

export function Moment({ at }: { at: string }) {
  return (
    <time dateTime={at} title={`${exact.format(new Date(at))} · ${at}`}>
      {sinceWords(at)}
    </time>
  );
}
