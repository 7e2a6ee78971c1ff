/** How a rollout stands, in a word and a colour. */
import type { Rollout } from "../../../../lib/api/rollout-bodies.ts";

const TAGS = {
  waiting: "warn",
  running: "good",
  paused: "warn",
  failed: "bad",
  done: "",
  aborted: "warn",
} as const;

export function RolloutWord({ rollout }: { rollout: Rollout | undefined }) {
  if (rollout === undefined) return <span class="soft">none</span>;
  const { state, from, to, step, steps } = rollout;
  const where = state === "running" || state === "paused" ? `, step ${step + 1} of ${steps.length}` : "";
  return (
    <>
      {from} → {to}
      <span class={`tag ${TAGS[state]}`}>
        {state}
        {where}
      </span>
    </>
  );
}
