/**
 * Curves as SVG in docs/plots, drawn by echarts. It is no dependency of the project: it is installed into .cache when a
 * plot is drawn for the first time.
 */
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

const VERSION = "6.1.0";

export interface Curve {
  readonly name: string;
  /** x and y, in the order of x. */
  readonly points: readonly (readonly [number, number])[];
}

export interface Plot {
  /** Of the file, without its end. */
  readonly name: string;
  readonly title: string;
  readonly x: string;
  readonly y: string;
  readonly curves: readonly Curve[];
  /** Axes on which each step is as long as the one before. Default: none. */
  readonly evenly?: "y" | "both";
}

/** Both axes by powers, where a plot does not say otherwise: what is twice as much is as far away everywhere. */
export async function draw(root: string, plots: readonly Plot[]): Promise<void> {
  const echarts = await load(root);
  const folder = join(root, "docs", "plots");
  mkdirSync(folder, { recursive: true });
  for (const plot of plots) {
    const chart = echarts.init(null, null, { renderer: "svg", ssr: true, width: 760, height: 420 });
    chart.setOption(optionOf(plot));
    writeFileSync(join(folder, `${plot.name}.svg`), asPicture(chart.renderToSVGString(), plot.title));
    chart.dispose();
  }
}

/** With a title for who cannot see it, and without the styles of a page that answers to a pointer. */
function asPicture(svg: string, title: string): string {
  return svg
    .replace(/<style >[\s\S]*?<\/style>\n/, "")
    .replace(/^<svg [^>]*>/, (begin) => `${begin}\n<title>${title}</title>`);
}

interface Echarts {
  init(
    dom: null,
    theme: null,
    options: Readonly<Record<string, unknown>>,
  ): { setOption(option: unknown): void; renderToSVGString(): string; dispose(): void };
}

async function load(root: string): Promise<Echarts> {
  const folder = join(root, ".cache", `echarts-${VERSION}`);
  const main = join(folder, "node_modules", "echarts", "dist", "echarts.esm.mjs");
  if (!existsSync(main)) {
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, "package.json"), JSON.stringify({ private: true }));
    const args = ["install", "--no-audit", "--no-fund", "--ignore-scripts", `echarts@${VERSION}`];
    const { status } = spawnSync("npm", args, { cwd: folder, stdio: ["ignore", "ignore", "inherit"] });
    if (status !== 0) throw new Error("echarts cannot be installed, so no plot is drawn");
  }
  return import(pathToFileURL(main).href);
}

const POWERS_OF_4 = { type: "log", logBase: 4 } as const;
/** More points than this are a line without marks. */
const MARKED_MAX = 20;

function optionOf({ title, x, y, curves, evenly }: Plot) {
  const axis = { nameLocation: "middle", nameTextStyle: { fontSize: 13 }, axisLabel: { fontSize: 12 } };
  return {
    animation: false,
    backgroundColor: "#ffffff",
    title: { text: title, left: 16, top: 10, textStyle: { fontSize: 16 } },
    legend: { top: 40, left: 16, right: 16, itemGap: 30 },
    grid: { left: 80, right: 30, top: 100, bottom: 60 },
    xAxis: { ...axis, ...(evenly === "both" ? { type: "value" } : POWERS_OF_4), name: x, nameGap: 34 },
    yAxis: { ...axis, type: evenly === undefined ? "log" : "value", name: y, nameGap: 56 },
    series: curves.map(({ name, points }) => ({
      name,
      type: "line",
      symbolSize: points.length > MARKED_MAX ? 0 : 7,
      data: points,
    })),
  };
}
