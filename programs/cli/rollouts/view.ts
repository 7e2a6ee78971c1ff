/** A rollout in words. */
import type { Rollout } from "../../../lib/api/rollout-bodies.ts";
import { escapeControl } from "../output.ts";

export function linesOfRollout(rollout: Rollout): string[] {
  const { from, to, state, since, step, steps, reason, progress, startedBy } = rollout;
  const isAhead = (index: number) => index > step && state !== "done" && state !== "aborted";
  const lines = [`rollout from revision ${from} to ${to}: ${state}, since ${since}\n`];
  for (const [index, one] of steps.entries()) {
    const review = one.review && isAhead(index) ? ", to be approved" : "";
    lines.push(
      `  ${String(index + 1).padStart(2)}  ${markOf(index, rollout).padEnd(4)}  ${nameOfStep(one)}, bakes ${one.bakeSeconds} s${review}\n`,
    );
  }
  if (startedBy !== undefined) {
    const waits = steps.some((one, index) => one.review && isAhead(index));
    const review = waits ? ", to be approved by somebody else" : "";
    lines.push(`  begun by ${escapeControl(startedBy.byName)} (${startedBy.by})${review}\n`);
  }
  lines.push(`  ${escapeControl(reason)}\n`);
  if (progress !== undefined) lines.push(`  ${progressLine(progress)}\n`, `  next: ${progress.next}\n`);
  return lines;
}

function markOf(index: number, { state, step }: Rollout): string {
  if (index < step || state === "done") return "done";
  if (state === "waiting") return index === step ? "done" : index === step + 1 ? "wait" : "";
  return index === step && state !== "aborted" ? "now" : "";
}

/** One line for a terminal. */
export function shortLine({ state, step, steps, progress, reason }: Rollout): string {
  if (progress === undefined) return `${state}: ${reason}`;
  if (state === "waiting") return `waiting: ${progress.next}`;
  return `${state}, step ${step + 1} of ${steps.length}: ${progressLine(progress)}. ${progress.next}`;
}

function progressLine(progress: NonNullable<Rollout["progress"]>): string {
  const { edges, reported, refusing, silent, failing, errorRate } = progress;
  const above = failing === 0 ? "" : `, ${failing} above what may be`;
  const rate = errorRate === null ? "" : `, error rate ${(errorRate * 100).toFixed(1)} %${above}`;
  return `${reported} of ${edges} edges have it, ${refusing} refuse, ${silent} fell silent${rate}`;
}

function nameOfStep({ labels, percent }: Rollout["steps"][number]): string {
  if (labels === undefined) return `${percent} %`;
  return Object.entries(labels)
    .map(([name, value]) => `${name}=${value}`)
    .join(",");
}
