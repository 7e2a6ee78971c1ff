/** Lines, areas and bands as inline SVG, in the colours of Grafana's dark theme. Sizes are pixels. */
import type { Span } from "../prometheus.ts";
import type { FilledPanel, NamedSeries } from "./panels.ts";
import { axisTicks, formatValue } from "./units.ts";

export interface Size {
  readonly width: number;
  readonly height: number;
}

/** What a dashboard calls a colour. */
const COLORS: Readonly<Record<string, string>> = {
  green: "#73bf69",
  orange: "#ff9830",
  red: "#f2495c",
  blue: "#5794f2",
};
/** A line each, in this order. */
const PALETTE = ["#73bf69", "#f2cc0c", "#8ab8ff", "#ff780a", "#f2495c", "#5794f2", "#b877d9", "#9aa64f"];
const TEXT = "#9fa1ab";
const GRID = "#2a2c33";

export function lineColor(at: number): string {
  return PALETTE[at % PALETTE.length] ?? TEXT;
}

/** By the last threshold that the value has passed. */
export function colorOf({ steps }: NamedSeries, value: number): string {
  const passed = steps.filter((step) => step.value === null || value >= step.value).at(-1);
  return COLORS[passed?.color ?? ""] ?? TEXT;
}

export function escapeText(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll('"', "&quot;");
}

type Place = (value: number) => number;

/** From a span of values to a span of pixels. */
function scale(from: number, to: number, start: number, end: number): Place {
  const span = to - from || 1;
  return (value) => Math.round((start + ((value - from) / span) * (end - start)) * 10) / 10;
}

/** Lets the line go where a scrape had no value. */
function pathOf({ points }: NamedSeries, x: Place, y: Place): string {
  return points
    .map(([at, value], index) => {
      const before = points[index - 1]?.[0];
      const joined = before !== undefined && at - before < 1.5;
      return `${joined ? "L" : "M"}${x(at)} ${y(value)}`;
    })
    .join("");
}

function svg({ width, height }: Size, inner: string): string {
  return `<svg width="${width}" height="${height}" viewBox="0 0 ${width} ${height}">${inner}</svg>`;
}

function label(x: number, y: number, text: string, anchor: "end" | "middle" | "start"): string {
  return `<text x="${x}" y="${y}" fill="${TEXT}" font-size="11" text-anchor="${anchor}">${escapeText(text)}</text>`;
}

/** The times below a chart, and a line up from each. */
function timeAxis({ start, end }: Span, x: Place, { height }: Size): string {
  const step = [1, 2, 5, 10, 15, 30, 60, 120].find((seconds) => (end - start) / seconds <= 5) ?? 300;
  const from = Math.ceil(start / step);
  return Array.from({ length: Math.floor(end / step) - from + 1 }, (_, at) => (from + at) * step)
    .filter((at) => x(at) > x(start) + 20 && x(at) < x(end) - 20)
    .map((at) => {
      const time = new Date(at * 1000).toISOString().slice(11, 19);
      const line = `<path d="M${x(at)} 6V${height - 20}" stroke="${GRID}"/>`;
      return line + label(x(at), height - 5, time, "middle");
    })
    .join("");
}

/** A line for each series, over an axis of values and one of times. */
export function linesChart({ series, unit }: FilledPanel, span: Span, size: Size): string {
  const values = series.flatMap(({ points }) => points.map(([, value]) => value));
  if (values.length === 0) return `<div class="nothing">No data</div>`;
  const ticks = axisTicks(Math.min(...values), Math.max(...values), unit);
  const words = ticks.map((tick) => formatValue(tick, unit));
  const left = 12 + 6.3 * Math.max(...words.map(({ length }) => length));
  const x = scale(span.start, span.end, left, size.width - 8);
  const y = scale(ticks[0] ?? 0, ticks.at(-1) ?? 1, size.height - 22, 8);
  const rows = ticks.map(
    (tick, at) =>
      `<path d="M${left} ${y(tick)}H${size.width - 8}" stroke="${GRID}"/>` +
      label(left - 6, y(tick) + 4, words[at] ?? "", "end"),
  );
  const lines = series.map(
    (one, at) =>
      `<path d="${pathOf(one, x, y)}" fill="none" stroke="${lineColor(at)}" stroke-width="1.5" stroke-linejoin="round"/>`,
  );
  return svg(size, rows.join("") + timeAxis(span, x, size) + lines.join(""));
}

/** The area below a stat. */
export function sparkline(series: NamedSeries, span: Span, size: Size, color: string): string {
  const values = series.points.map(([, value]) => value);
  const [least, greatest] = [Math.min(...values), Math.max(...values)];
  const x = scale(span.start, span.end, 0, size.width);
  const y = scale(least, greatest, size.height - 2, 2);
  const [first, last] = [series.points[0]?.[0] ?? span.start, series.points.at(-1)?.[0] ?? span.end];
  const line = pathOf(series, x, y);
  const area = `${line.replaceAll(/(?!^)M/g, "L")}L${x(last)} ${size.height}L${x(first)} ${size.height}Z`;
  return svg(
    size,
    `<path d="${area}" fill="${color}" opacity=".15"/><path d="${line}" fill="none" stroke="${color}"/>`,
  );
}

/** A band for each series, as long as it has values. */
export function timelineChart({ series }: FilledPanel, span: Span, size: Size): string {
  const left = 16 + 6.5 * Math.max(0, ...series.map(({ name }) => name.length));
  const x = scale(span.start, span.end, left, size.width - 8);
  const each = (size.height - 26) / Math.max(1, series.length);
  const bands = series.map((one, at) => {
    const { name, points } = one;
    const [top, tall] = [8 + at * each, each * 0.9];
    const parts = points.map(
      ([second]) =>
        `M${x(second)} ${top}H${Math.min(x(second + 1), size.width - 8)}V${top + tall}H${x(second)}Z`,
    );
    return (
      label(left - 8, top + tall / 2 + 4, name, "end") +
      `<path d="${parts.join("")}" fill="${colorOf(one, points.at(-1)?.[1] ?? 0)}" opacity=".8" shape-rendering="crispEdges"/>`
    );
  });
  return svg(size, timeAxis(span, x, size) + bands.join(""));
}
