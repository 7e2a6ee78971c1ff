/**
 * Operations in a process that kills itself before or after a statement or a request that has a name: the first of
 * that name, the last, and one between. Every name on both sides in the full run, with a table of the hits.
 */
import { describe, expect, test } from "vitest";
import type { At } from "../../testkit/crash/child.ts";
import { SIDES } from "../../testkit/crash/named-calls.ts";
import { CRASH_OPERATIONS, type CrashOperation } from "../../testkit/crash/operations.ts";
import { expectRecovers, runChild, setStage } from "../../testkit/crash/run.ts";
import { makeScene, type Scene } from "../../testkit/crash/scenes.ts";
import { FULL, forEachCrash, sampled } from "../../testkit/crash-sample.ts";

type Kill = Extract<At, { kind: "kill" }>;

const TIMEOUT_MS = FULL ? 3_600_000 : 300_000;
/** Name and side → how often a process died there, over all operations. */
const hits = new Map<string, number>();

/** Every name that the operation calls, and how often. */
async function namesOf(scene: Scene): Promise<Readonly<Record<string, number>>> {
  const stage = await setStage(scene);
  const { report } = await runChild(stage);
  expect(report?.error).toBeNull();
  await stage.close();
  return report?.seen ?? {};
}

function killsOf(seen: Readonly<Record<string, number>>): Kill[] {
  return Object.entries(seen).flatMap(([name, times]) =>
    [...new Set([1, Math.ceil(times / 2), times])].flatMap((k) =>
      SIDES.map((side): Kill => ({ kind: "kill", name, side, k })),
    ),
  );
}

/** It may call a name less often than the run that was counted; then it comes to its end, and that is no hit. */
async function killOne(scene: Scene, at: Kill): Promise<void> {
  const stage = await setStage(scene);
  try {
    const { killed } = await runChild(stage, { at });
    const point = `${at.name}, ${at.side}`;
    if (killed) hits.set(point, (hits.get(point) ?? 0) + 1);
    await expectRecovers(stage);
  } finally {
    await stage.close();
  }
}

describe("killed at a named point", () => {
  const named = new Map<CrashOperation, Kill[]>();
  for (const operation of CRASH_OPERATIONS) {
    test(
      `${operation} leaves store and bucket true, and ends when asked again`,
      async () => {
        const scene = await makeScene(operation);
        const kills = sampled(killsOf(await namesOf(scene)), 3);
        named.set(operation, kills);
        await forEachCrash(kills, (at) => killOne(scene, at));
        if (FULL) console.info(`crashes: ${operation}: ${kills.length} at named points`);
      },
      TIMEOUT_MS,
    );
  }

  test("every point is hit", () => {
    const points = new Set([...named.values()].flat().map(({ name, side }) => `${name}, ${side}`));
    expect(points.size).toBeGreaterThan(FULL ? 80 : 10);
    expect([...points].filter((point) => (hits.get(point) ?? 0) === 0)).toEqual([]);
    const table = [...points].sort().map((point) => `${hits.get(point)}\t${point}`);
    if (FULL)
      console.info(`crashes: ${points.size} named points, and how often each was hit\n${table.join("\n")}`);
  });
});
