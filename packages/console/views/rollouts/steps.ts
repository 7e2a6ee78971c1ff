/** Steps of a rollout as they are written: `ring=canary,region=eu 10m` or `25% 1h`. */
import type { RolloutBody } from "../../../../lib/api/rollout-bodies.ts";

type Step = RolloutBody["steps"][number];
const SECONDS: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3600, d: 86_400 };

/** Throws an Error that names the line. */
export function stepsOfLines(text: string): Step[] {
  return text
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line !== "")
    .map(stepOf);
}

function stepOf(line: string): Step {
  const [, who = "", size = "", unit = ""] = /^(\S+)\s+(\d+)([smhd])$/.exec(line) ?? [];
  const bakeSeconds = Number(size) * (SECONDS[unit] ?? 0);
  const percent = /^(\d{1,3})%$/.exec(who)?.[1];
  if (percent !== undefined) return { percent: Number(percent), bakeSeconds };
  const labels = who.split(",").map((one) => one.split("="));
  if (who === "" || labels.some((one) => one.length !== 2 || one.includes("")))
    throw new Error(`The step "${line}" is neither labels nor a share: write ring=canary 10m, or 25% 1h.`);
  return { labels: Object.fromEntries(labels), bakeSeconds };
}
