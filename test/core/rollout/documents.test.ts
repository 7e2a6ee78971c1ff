/** The documents of rollouts: what is one, and what is none. */
import { expect, test } from "vitest";
import { DEFAULT_HEALTH, parseRollout, STEPS_MAX } from "../../../lib/core/rollout/documents.ts";

const AT = "2027-01-01T00:00:00.000Z";
const STEP = { percent: 10, bakeSeconds: 0 };
const PERSON = { by: "a", byName: "b" };
const rolloutOf = (more: object) =>
  parseRollout(
    JSON.stringify({
      from: 1,
      to: 2,
      steps: [STEP],
      step: 0,
      state: "running",
      since: AT,
      started: AT,
      health: DEFAULT_HEALTH,
      onFailure: "stop",
      reason: "",
      ...more,
    }),
  );

test("a rollout has its shape", () => {
  for (const more of [
    {},
    { step: -1, state: "waiting", resumed: AT },
    { steps: Array(STEPS_MAX).fill(STEP) },
    { steps: [{ ...STEP, review: true }], startedBy: PERSON, approved: { ...PERSON, revision: 1 } },
  ])
    expect(rolloutOf(more), JSON.stringify(more)).toMatchObject(more);
});

test.each([
  { steps: [], step: -1, state: "waiting" },
  { steps: Array(STEPS_MAX + 1).fill(STEP) },
  { steps: [{ bakeSeconds: 0 }] },
  { steps: [{ ...STEP, labels: { ring: "a" } }] },
  { steps: [{ ...STEP, review: "yes" }], startedBy: PERSON },
  { steps: [{ ...STEP, review: true }] },
  { step: -2 },
  { step: 1 },
  { state: "asleep" },
  { onFailure: "later" },
  { resumed: "then" },
  { health: {} },
  { startedBy: "a" },
  { startedBy: { by: "a" } },
  { startedBy: { byName: "b" } },
  { approved: PERSON },
  { approved: { by: "a", revision: 1 } },
])("a rollout with %j is none", (more) => {
  expect(rolloutOf(more)).toBeUndefined();
});
