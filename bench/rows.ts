/** Lines of the table of benchmarks: what was measured, beside what, and the ratio that counts. */
import type { Measured } from "./load.ts";
import type { Plot } from "./plots.ts";

/** What a part of the bench gives. */
export interface BenchPart {
  readonly rows: readonly BenchRow[];
  readonly plots?: readonly Plot[];
  /** Where its table stands, in docs. Default: benchmarks.md. */
  readonly page?: string;
}

/** How much is measured: all in a few minutes, or long enough for figures that are kept. */
export interface BenchForm {
  readonly full: boolean;
}

export interface BenchRow {
  readonly work: string;
  readonly figure: string;
  readonly beside: string;
  readonly ratio: number | undefined;
  /** What design asks of the ratio, where it asks. */
  readonly goal?: string;
}

export function rate(perSecond: number): string {
  return perSecond >= 100
    ? `${Math.round(perSecond).toLocaleString("en-US")}/s`
    : `${perSecond.toFixed(1)}/s`;
}

/** Half of all, 99 and 99.9 of 100 took no longer. */
export function latencies({ p50, p99, p999 }: Measured): string {
  return [p50, p99, p999].map((ms) => `${ms.toFixed(1)} ms`).join(", ");
}

/** Throws for a figure or a ratio that is no number: whoever reads a table takes it for measured. */
export function asMarkdown(rows: readonly BenchRow[]): string {
  const unmeasured = rows.find(
    ({ figure, beside, ratio = 0 }) => !Number.isFinite(ratio) || /NaN/.test(figure + beside),
  );
  if (unmeasured !== undefined) throw new Error(`not measured: ${unmeasured.work}`);
  const lines = rows.map(
    (row) =>
      `| ${row.work} | ${row.figure} | ${row.beside} | ${row.ratio === undefined ? "" : row.ratio.toFixed(2)} | ${row.goal ?? ""} |`,
  );
  return ["| work | figure | beside | ratio | goal |", "|---|---|---|---|---|", ...lines].join("\n");
}

/** The median of several runs of one measurement. */
export async function median(runs: number, measure: () => number | Promise<number>): Promise<number> {
  const figures: number[] = [];
  for (let run = 0; run < runs; run += 1) figures.push(await measure());
  return figures.sort((a, b) => a - b)[Math.floor(runs / 2)] ?? 0;
}

/** The one of several measurements whose figure is their median. */
export function middle<T>(measured: readonly T[], figureOf: (one: T) => number): T {
  const sorted = [...measured].sort((a, b) => figureOf(a) - figureOf(b));
  const found = sorted[Math.floor(sorted.length / 2)];
  if (found === undefined) throw new Error("nothing was measured");
  return found;
}

export function megabytesPerSecond(megabytes: number, seconds: number): string {
  return `${seconds.toFixed(1)} s, ${(megabytes / seconds).toFixed(1)} MB/s`;
}
