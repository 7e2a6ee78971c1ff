/**
 * How far behind the edges are, since this page was opened: the farthest, and the one in the middle. Drawn by hand: the
 * library that we would take for charts has an eighth of what the whole console may weigh.
 */
import { useEffect, useState } from "preact/hooks";
import type { Fleet } from "../../../../lib/api/rollout-bodies.ts";
import { formatSeconds } from "../../parts/amount.ts";

export interface LagSample {
  readonly atMs: number;
  readonly most: number;
  readonly middle: number;
}

const SAMPLES_MAX = 400;
const BOX = { width: 600, height: 90 };

/** One sample for each look at the fleet. */
export function useLag(fleet: Fleet | undefined): readonly LagSample[] {
  const [samples, setSamples] = useState<readonly LagSample[]>([]);
  useEffect(() => {
    if (fleet === undefined || fleet.replicas.length === 0) return;
    const lags = fleet.replicas.map(({ behindSeconds }) => behindSeconds).sort((a, b) => a - b);
    const sample = { atMs: Date.now(), most: lags.at(-1) ?? 0, middle: lags[lags.length >> 1] ?? 0 };
    setSamples((before) => [...before, sample].slice(-SAMPLES_MAX));
  }, [fleet]);
  return samples;
}

export function LagChart({ samples }: { samples: readonly LagSample[] }) {
  const [first, last] = [samples[0], samples.at(-1)];
  if (first === undefined || last === undefined || samples.length < 2) return null;
  const top = Math.max(10, ...samples.map(({ most }) => most));
  const line = (of: "most" | "middle") =>
    samples
      .map((one) => {
        const x = (BOX.width * (one.atMs - first.atMs)) / Math.max(1, last.atMs - first.atMs);
        return `${x.toFixed(1)},${(BOX.height * (1 - one[of] / top)).toFixed(1)}`;
      })
      .join(" ");
  return (
    <figure class="chart">
      <figcaption class="small">
        Behind, in the last {formatSeconds((last.atMs - first.atMs) / 1000)}:{" "}
        <span class="most">farthest {formatSeconds(last.most)}</span>,{" "}
        <span class="middle">middle {formatSeconds(last.middle)}</span>
      </figcaption>
      <svg viewBox={`0 0 ${BOX.width} ${BOX.height}`} preserveAspectRatio="none" role="img">
        <title>{`Farthest behind ${formatSeconds(last.most)}, in the middle ${formatSeconds(last.middle)}; the top is ${formatSeconds(top)}`}</title>
        <polyline class="most" points={line("most")} />
        <polyline class="middle" points={line("middle")} />
      </svg>
    </figure>
  );
}
