/** Values as Grafana writes them, and the round values that stand at an axis. */
const SI = [
  [1e6, "Mil"],
  [1e3, "K"],
] as const;
const BYTES = [
  [2 ** 40, "TiB"],
  [2 ** 30, "GiB"],
  [2 ** 20, "MiB"],
  [2 ** 10, "KiB"],
  [1, "B"],
] as const;
const SECONDS = [
  [86_400, "days"],
  [3600, "hours"],
  [60, "mins"],
  [1, "s"],
  [1e-3, "ms"],
  [1e-6, "µs"],
] as const;

/** At most three digits that count, without zeros at the end. */
function digits(value: number): string {
  return `${Math.abs(value) >= 100 ? Math.round(value) : Number(value.toPrecision(3))}`;
}

function scaled(value: number, scales: readonly (readonly [factor: number, word: string])[]): string {
  const found = scales.find(([factor]) => Math.abs(value) >= factor);
  return found === undefined ? digits(value) : `${digits(value / found[0])} ${found[1]}`;
}

/** A value with the word of its unit, by the unit's name in the dashboard; throws for one that nobody has drawn yet. */
export function formatValue(value: number, unit: string): string {
  switch (unit) {
    case "none":
      return digits(value);
    case "reqps":
      return `${scaled(value, SI)} req/s`;
    case "percentunit":
      return `${digits(value * 100)}%`;
    case "bytes":
      return value === 0 ? "0 B" : scaled(value, BYTES);
    case "s":
      return value === 0 ? "0 s" : scaled(value, SECONDS);
    default:
      throw new Error(`The unit ${unit} is not known: add it to testkit/dashboard/units.ts.`);
  }
}

/** Some five round values from below the least to above the greatest one. */
export function axisTicks(least: number, greatest: number, unit: string): number[] {
  const span = greatest - least || Math.abs(greatest) || 1;
  const base = unit === "bytes" ? 2 : 10;
  const power = base ** Math.floor(Math.log(span / 4) / Math.log(base));
  const step = power * ([1, 2, 2.5, 5, 10].find((factor) => factor * power * 4 >= span) ?? 10);
  const from = Math.floor(least / step);
  const to = Math.max(Math.ceil(greatest / step), from + 1);
  return Array.from({ length: to - from + 1 }, (_, at) => (from + at) * step);
}
