/** The panels of deploy/grafana/ledge.json, and what Prometheus answers to their queries. Knows nothing of drawing. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import * as z from "zod/mini";
import { root } from "../processes.ts";
import { type Prometheus, SCRAPE_SECONDS, type Series, type Span } from "../prometheus.ts";

const Step = z.object({ color: z.string(), value: z.nullable(z.number()) });
const Thresholds = z.object({ steps: z.array(Step) });
const Override = z.object({
  matcher: z.object({ id: z.literal("byRegexp"), options: z.string() }),
  properties: z.tuple([z.object({ id: z.literal("thresholds"), value: Thresholds })]),
});
const FieldConfig = z.object({
  defaults: z.object({ unit: z.string(), thresholds: z.optional(Thresholds) }),
  overrides: z.array(Override),
});
const Target = z.object({ expr: z.string(), legendFormat: z.string(), instant: z.optional(z.boolean()) });
const Panel = z.object({
  title: z.string(),
  type: z.enum(["row", "stat", "timeseries", "state-timeline"]),
  gridPos: z.object({ x: z.number(), y: z.number(), w: z.number(), h: z.number() }),
  fieldConfig: z.optional(FieldConfig),
  options: z.optional(z.object({ textMode: z.optional(z.enum(["auto", "name"])) })),
  targets: z._default(z.array(Target), []),
});
const Dashboard = z.object({ title: z.string(), panels: z.array(Panel) });

export interface NamedSeries extends Series {
  readonly name: string;
  /** From which value on it has which colour. */
  readonly steps: readonly z.infer<typeof Step>[];
}

export interface FilledPanel extends Omit<z.infer<typeof Panel>, "fieldConfig" | "targets"> {
  readonly unit: string;
  readonly series: readonly NamedSeries[];
}

/** Grafana's own, where a panel names none. */
const DEFAULT_STEPS = [
  { color: "green", value: null },
  { color: "red", value: 80 },
];

/** As Grafana fills them in: all instances, and at least four scrapes in a rate. */
function filledIn(expr: string): string {
  return expr.replaceAll("$__rate_interval", `${4 * SCRAPE_SECONDS}s`).replaceAll("$instance", ".*");
}

function nameOf(format: string, { labels }: Series): string {
  return format.replaceAll(/\{\{(\w+)\}\}/g, (_, label: string) => labels[label] ?? "");
}

function stepsOf(name: string, config: z.infer<typeof FieldConfig> | undefined) {
  const overridden = config?.overrides.find(({ matcher }) =>
    new RegExp(matcher.options.replaceAll(/^\/|\/$/g, "")).test(name),
  );
  return overridden?.properties[0].value.steps ?? config?.defaults.thresholds?.steps ?? DEFAULT_STEPS;
}

/** A query of the moment gives one point for each series that is there at the end. */
function atTheEnd(series: readonly Series[], { end }: Span): Series[] {
  return series
    .map(({ labels, points }) => ({ labels, points: points.filter(([at]) => at === end) }))
    .filter(({ points }) => points.length > 0);
}

/** Every panel, with the series of all its queries over that span. */
export async function fillPanels(
  prometheus: Prometheus,
  span: Span,
): Promise<{ title: string; panels: FilledPanel[] }> {
  const text = readFileSync(join(root, "deploy/grafana/ledge.json"), "utf8");
  const { title, panels } = Dashboard.parse(JSON.parse(text));
  const filled = panels.map(async ({ fieldConfig, targets, ...panel }) => {
    const answers = targets.map(async ({ expr, legendFormat, instant = false }) => {
      const ranged = await prometheus.range(filledIn(expr), span);
      return (instant ? atTheEnd(ranged, span) : ranged).map((one) => {
        const name = nameOf(legendFormat, one);
        return { ...one, name, steps: stepsOf(name, fieldConfig) };
      });
    });
    const unit = fieldConfig?.defaults.unit ?? "none";
    return { ...panel, unit, series: (await Promise.all(answers)).flat() };
  });
  return { title, panels: await Promise.all(filled) };
}
