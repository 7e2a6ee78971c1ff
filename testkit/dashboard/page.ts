/** The dashboard as one page: the panels in their grid, dark. Drawn by us: it looks like Grafana, and is not it. */
import type { Span } from "../prometheus.ts";
import { colorOf, escapeText, lineColor, linesChart, type Size, sparkline, timelineChart } from "./charts.ts";
import type { FilledPanel, NamedSeries } from "./panels.ts";
import { formatValue } from "./units.ts";

/** 24 columns, and a gap on the left. */
export const PAGE_WIDTH = 1208;
const [COLUMN, ROW, GAP] = [50, 26, 8];
const [HEADER, TITLE, LEGEND_LINE] = [52, 30, 18];

const STYLE = `
body { margin: 0; width: ${PAGE_WIDTH}px; position: relative; background: #111217; color: #ccccdc; font: 13px/1.4 "Liberation Sans", Arial, sans-serif }
header { height: ${HEADER}px; padding: 0 16px; display: flex; align-items: center; gap: 12px }
header h1 { font-size: 18px; font-weight: 500; margin: 0 }
header span { color: #9fa1ab }
header .chip { border: 1px solid #34363d; border-radius: 2px; padding: 3px 8px; color: #ccccdc }
header .by { margin-left: auto }
section { position: absolute; box-sizing: border-box; overflow: hidden; background: #181b1f; border: 1px solid #25272d; border-radius: 3px }
section.of-row { background: none; border: none }
h2 { margin: 0; padding: 6px 10px 0; font-size: 13px; font-weight: 500; height: ${TITLE - 6}px; white-space: nowrap }
.of-row h2 { font-size: 15px; padding: 4px 2px }
.stats { display: flex; position: absolute; inset: ${TITLE - 4}px 0 0 }
.stat { flex: 1; text-align: center; position: relative }
.stat b { font-size: 32px; font-weight: 500; position: relative; z-index: 1 }
.stat i { font-style: normal; display: block; color: #ccccdc; font-size: 12px }
.stat svg { position: absolute; left: 0; bottom: 0 }
.legend { padding: 2px 12px; font-size: 12px; line-height: ${LEGEND_LINE}px; color: #b5b6c2 }
.legend span { margin-right: 14px; white-space: nowrap; display: inline-block }
.legend i { display: inline-block; width: 14px; height: 3px; border-radius: 2px; margin-right: 6px; vertical-align: 4px }
.nothing { text-align: center; padding-top: 60px; color: #9fa1ab; font-size: 15px }
`;

/** One page, with nothing outside it. */
export function dashboardPage(
  { title, panels, by }: { title: string; panels: readonly FilledPanel[]; by: string },
  span: Span,
): string {
  const rows = Math.max(...panels.map(({ gridPos }) => gridPos.y + gridPos.h));
  const time = (second: number) => new Date(second * 1000).toISOString().slice(11, 19);
  const header = `<header><h1>${escapeText(title)}</h1><span class="chip">Instance: All</span><span class="chip">${time(span.start)} to ${time(span.end)} UTC</span><span class="by">${escapeText(by)}</span></header>`;
  const style = `${STYLE} body { height: ${HEADER + rows * (ROW + GAP) + GAP}px }`;
  const sections = panels.map((panel) => section(panel, span)).join("\n");
  return `<!doctype html><meta charset="utf-8"><title>${escapeText(title)}</title><style>${style}</style><body>${header}${sections}</body>`;
}

function section(panel: FilledPanel, span: Span): string {
  const { x, y, w, h } = panel.gridPos;
  const size = { width: w * COLUMN - GAP, height: h * (ROW + GAP) - GAP };
  const place = `left:${GAP + x * COLUMN}px;top:${HEADER + y * (ROW + GAP)}px;width:${size.width}px;height:${size.height}px`;
  const body =
    panel.type === "row"
      ? ""
      : bodyOf(panel, span, { width: size.width - 2, height: size.height - TITLE - 2 });
  const mark = panel.type === "row" ? "⌄ " : "";
  return `<section class="of-${panel.type}" style="${place}"><h2>${mark}${escapeText(panel.title)}</h2>${body}</section>`;
}

function bodyOf(panel: FilledPanel, span: Span, size: Size): string {
  if (panel.type === "stat") return stats(panel, span, size);
  if (panel.type === "state-timeline") return timelineChart(panel, span, size);
  const tall = LEGEND_LINE * legendLines(panel.series, size.width) + 10;
  return linesChart(panel, span, { ...size, height: size.height - tall }) + legend(panel.series);
}

/** A tile for each series: its last value, in the colour of the threshold that it has passed. */
function stats({ series, unit, options }: FilledPanel, span: Span, { width, height }: Size): string {
  if (series.length === 0) return `<div class="nothing" style="padding-top:20px">No data</div>`;
  const tiles = series.map((one) => {
    const last = one.points.at(-1)?.[1] ?? Number.NaN;
    const color = colorOf(one, last);
    const value = options?.textMode === "name" ? one.name : formatValue(last, unit);
    const name = series.length > 1 && options?.textMode !== "name" ? `<i>${escapeText(one.name)}</i>` : "";
    const below = sparkline(one, span, { width: width / series.length, height: height * 0.5 }, color);
    return `<div class="stat">${name}<b style="color:${color}">${escapeText(value)}</b>${below}</div>`;
  });
  return `<div class="stats">${tiles.join("")}</div>`;
}

function legend(series: readonly NamedSeries[]): string {
  const entries = series.map(
    ({ name }, at) => `<span><i style="background:${lineColor(at)}"></i>${escapeText(name)}</span>`,
  );
  return `<div class="legend">${entries.join("")}</div>`;
}

/** How many lines the browser will break it into. A guess by the number of letters is enough for the chart's height. */
function legendLines(series: readonly NamedSeries[], width: number): number {
  let [lines, used] = [1, 0];
  for (const { name } of series) {
    const wide = 36 + name.length * 6.6;
    if (used > 0 && used + wide > width - 24) [lines, used] = [lines + 1, 0];
    used += wide;
  }
  return lines;
}
