/**
 * Operations in a process that is killed before one of its system calls, or whose disk fails at one: each write,
 * sync and unlink of the store's file, each send to the bucket. Every one of them in the full run.
 */
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { openNodeDb } from "../../lib/store/sqlite/driver-node.ts";
import type { CrashOperation } from "../../testkit/crash/operations.ts";
import { type CrashStage, expectEnded, expectRecovers, runChild, setStage } from "../../testkit/crash/run.ts";
import { makeScene, type Scene } from "../../testkit/crash/scenes.ts";
import {
  type CallPoint,
  type Calls,
  countingTo,
  failingAt,
  killedAt,
  readCalls,
  straceMissing,
} from "../../testkit/crash/strace.ts";
import { FULL, forEachCrash, sampled } from "../../testkit/crash-sample.ts";
import { testFolder } from "../../testkit/host.ts";

const TIMEOUT_MS = FULL ? 7_200_000 : 300_000;
const missing = straceMissing();
if (missing !== null) console.warn(`crashes at system calls are not tested: ${missing}`);

interface Counted {
  readonly scene: Scene;
  readonly calls: Calls;
}

const counted = new Map<CrashOperation, Promise<Counted>>();

/** How an operation begins, and the calls of one that came to its end. */
function countedScene(operation: CrashOperation): Promise<Counted> {
  const known = counted.get(operation) ?? countCalls(operation);
  counted.set(operation, known);
  return known;
}

async function countCalls(operation: CrashOperation): Promise<Counted> {
  const scene = await makeScene(operation);
  const log = join(testFolder(), "calls");
  const stage = await setStage(scene);
  const { report } = await runChild(stage, { under: countingTo(log) });
  expect(report?.error).toBeNull();
  await stage.close();
  const calls = readCalls(log);
  expect(Math.min(calls.file.length, calls.socket.length)).toBeGreaterThan(5);
  return { scene, calls };
}

/** True when it was killed, and has recovered. */
async function killOne(scene: Scene, point: CallPoint): Promise<boolean> {
  const stage = await setStage(scene);
  try {
    const { killed } = await runChild(stage, { under: killedAt(point) });
    await expectRecovers(stage);
    return killed;
  } finally {
    await stage.close();
  }
}

function report(what: string, counts: Readonly<Record<string, number>>): void {
  if (FULL) console.info(`crashes: ${what}: ${JSON.stringify(counts)}`);
}

describe.skipIf(missing !== null)("killed at a system call", () => {
  for (const operation of ["export", "prove", "prune", "purge", "adopt"] as const) {
    test(
      `${operation} leaves store and bucket true, and ends when asked again`,
      async () => {
        const { scene, calls } = await countedScene(operation);
        const { file, socket } = calls;
        const points = [...sampled(file, 2), ...sampled(socket, 1)];
        const counts: Record<string, number> = { survived: 0 };
        await forEachCrash(points, async (point) => {
          const how = (await killOne(scene, point)) ? point.call : "survived";
          counts[how] = (counts[how] ?? 0) + 1;
        });
        // Another run may send in other pieces; what it does to the file is the same each time.
        expect(counts.survived).toBeLessThanOrEqual(socket.length / 10);
        // One further, so that none was left out.
        const last = file.filter(({ call }) => SYNCS.includes(call)).at(-1);
        if (FULL && last !== undefined) expect(await killOne(scene, { ...last, n: last.n + 1 })).toBe(false);
        report(operation, counts);
      },
      TIMEOUT_MS,
    );
  }
});

interface Case {
  readonly name: string;
  readonly error: "EIO" | "ENOSPC";
  readonly failing: readonly string[];
  /** That call and all after it. */
  readonly lasting: boolean;
}

const SYNCS: readonly string[] = ["fsync", "fdatasync"];

describe.skipIf(missing !== null)("a disk that fails", () => {
  const cases: readonly Case[] = [
    { name: "at a sync", error: "EIO", failing: SYNCS, lasting: false },
    { name: "at every sync from one on", error: "EIO", failing: SYNCS, lasting: true },
    { name: "at a write for want of space", error: "ENOSPC", failing: ["pwrite64"], lasting: false },
    {
      name: "at every write from one on for want of space",
      error: "ENOSPC",
      failing: ["pwrite64"],
      lasting: true,
    },
  ];
  for (const { name, error, failing, lasting } of cases) {
    test(
      `${name} ends an export with a fault, and nothing false stands in the catalogue`,
      async () => {
        const { scene, calls } = await countedScene("export");
        const points = calls.file.filter(({ call }) => failing.includes(call));
        const counts = { failed: 0, ended: 0 };
        await forEachCrash(sampled(points, 2), async (point) => {
          const stage = await setStage(scene);
          try {
            const end = await runChild(stage, { under: failingAt(point, { error, lasting }) });
            expect(end.killed).toBe(false);
            counts[end.report?.error === null ? "ended" : "failed"] += 1;
            if (end.report?.error === null) await expectEndedWell(stage);
            else expect(end.report?.error).toMatch(/^StoreFault/);
            await expectRecovers(stage);
          } finally {
            await stage.close();
          }
        });
        report(`${error} ${name}`, counts);
      },
      TIMEOUT_MS,
    );
  }
});

/** It said that all went well: then all is there. */
async function expectEndedWell(stage: CrashStage): Promise<void> {
  const db = openNodeDb(stage.file, { mustExist: true });
  try {
    await expectEnded(stage, db);
  } finally {
    db.close();
  }
}
