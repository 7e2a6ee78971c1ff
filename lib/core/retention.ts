/**
 * Retention: which restore points stay. All of them for a while, then the newest of each hour, of each day and of
 * each week, each for its own span. The newest point stays in any case.
 * Example: `all 2d, hourly 14d, daily 90d, weekly 52w`; a span left out is 0, and `forever` keeps everything.
 */
import { DAY_MS, parseDuration } from "./duration.ts";

export const STAGES = ["all", "hourly", "daily", "weekly"] as const;
export type Stage = (typeof STAGES)[number];

/** How far back each stage reaches, in milliseconds. */
export type Retention =
  | { readonly kind: "forever" }
  | ({ readonly kind: "stages" } & Readonly<Record<Stage, number>>);

const PERIOD_MS: Readonly<Record<Exclude<Stage, "all">, number>> = {
  hourly: 3_600_000,
  daily: DAY_MS,
  weekly: 604_800_000,
};

/** Undefined for anything that is not a retention. */
export function parseRetention(text: string): Retention | undefined {
  if (text.trim() === "forever") return { kind: "forever" };
  const spans = new Map<string, number>();
  for (const part of text.split(",")) {
    const [stage = "", span = "", ...rest] = part.trim().split(/\s+/);
    const ms = parseDuration(span);
    if (!isStage(stage) || ms === undefined || rest.length > 0 || spans.has(stage)) return undefined;
    spans.set(stage, ms);
  }
  const of = (stage: Stage) => spans.get(stage) ?? 0;
  return { kind: "stages", all: of("all"), hourly: of("hourly"), daily: of("daily"), weekly: of("weekly") };
}

export interface DatedPoint {
  readonly madeMs: number;
}

/** The points to keep, in the order given. A point from the future is kept: a clock was wrong, not the point. */
export function keptPoints<P extends DatedPoint>(
  points: readonly P[],
  retention: Retention,
  nowMs: number,
): P[] {
  if (retention.kind === "forever") return [...points];
  const newestFirst = [...points].sort((left, right) => right.madeMs - left.madeMs);
  const kept = new Set<P>(newestFirst.slice(0, 1));
  const filled = new Set<string>();
  for (const point of newestFirst) {
    const age = nowMs - point.madeMs;
    if (age <= retention.all) kept.add(point);
    for (const stage of ["hourly", "daily", "weekly"] as const) {
      if (age > retention[stage]) continue;
      const slot = `${stage} ${Math.floor(point.madeMs / PERIOD_MS[stage])}`;
      if (filled.has(slot)) continue;
      filled.add(slot);
      kept.add(point);
    }
  }
  return points.filter((point) => kept.has(point));
}

function isStage(text: string): text is Stage {
  return STAGES.some((stage) => stage === text);
}
