/**
 * An exporter that is stopped for longer than its lease, at a moment that a seed chooses, while another process
 * takes over, exports, proves and prunes; then it wakes. `LEDGE_CHAOS_SEED` repeats one run.
 */
import { readFileSync } from "node:fs";
import { setTimeout as wait } from "node:timers/promises";
import { describe, expect, test } from "vitest";
import { type NodeDb, openNodeDb } from "../../lib/store/sqlite/driver-node.ts";
import { chaosBucket } from "../../testkit/chaos.ts";
import { type CrashOperation, commitOne, perform, SECRET } from "../../testkit/crash/operations.ts";
import {
  type CrashStage,
  expectEnded,
  expectTrue,
  holdersOf,
  objectsOf,
  type RunningChild,
  runChild,
  setStage,
  startChild,
} from "../../testkit/crash/run.ts";
import { makeScene, type Scene } from "../../testkit/crash/scenes.ts";
import { FULL, forEachCrash, sampled } from "../../testkit/crash-sample.ts";
import { seededRandom } from "../../testkit/random.ts";

const TIMEOUT_MS = FULL ? 1_800_000 : 300_000;
/** Longer than the lease. */
const PAUSE_MS = 200_000;
const OPERATIONS = ["upkeep", "export", "purge", "prune", "leak"] as const;
const GIVEN = process.env.LEDGE_CHAOS_SEED;
const SEEDS = GIVEN === undefined ? Array.from({ length: FULL ? 100 : 6 }, (_, n) => n + 1) : [Number(GIVEN)];

interface Known {
  readonly scene: Scene;
  /** The moments at which it can be stopped. */
  readonly moments: readonly string[];
}

const known = new Map<CrashOperation, Promise<Known>>();

function knownScene(operation: CrashOperation): Promise<Known> {
  const found = known.get(operation) ?? makeKnown(operation);
  known.set(operation, found);
  return found;
}

async function makeKnown(operation: CrashOperation): Promise<Known> {
  const scene = await makeScene(operation);
  const stage = await setStage(scene);
  const { report } = await runChild(stage);
  await stage.close();
  expect(report?.error).toBeNull();
  return { scene, moments: report?.moments ?? [] };
}

/** Waits until the process is stopped. False: it came to its end instead. */
async function isStopped({ pid, end }: RunningChild): Promise<boolean> {
  let ended = false;
  end.then(
    () => {
      ended = true;
    },
    () => {
      ended = true;
    },
  );
  while (!ended) {
    if (stateOf(pid) === "T") return true;
    await wait(10);
  }
  return false;
}

/** The letter that the kernel gives it; after the name, which stands in brackets. */
function stateOf(pid: number): string | undefined {
  try {
    return readFileSync(`/proc/${pid}/stat`, "utf8").split(") ").at(-1)?.[0];
  } catch {
    // It has ended since.
    return undefined;
  }
}

/** What the winner does, on a connection of its own; the sleeper's clock stands still. A leak is purged. */
async function takeOver({ scene, server }: CrashStage, db: NodeDb, laterMs: number): Promise<void> {
  const operation = scene.ordered.operation === "leak" ? "purge" : scene.ordered.operation;
  const ordered = { ...scene.ordered, operation };
  const bucket = chaosBucket(server, {}, { timeoutMs: 20_000, pauseMs: 2 });
  await perform(db, bucket, { ...ordered, nowMs: ordered.nowMs + laterMs });
}

interface Pause {
  readonly operation: CrashOperation;
  /** The moment, from 1. */
  readonly k: number;
  /** Something is committed while it sleeps. */
  readonly commits: boolean;
}

async function pauseOne({ operation, k, commits }: Pause): Promise<"stopped" | "ended"> {
  const { scene } = await knownScene(operation);
  const stage = await setStage(scene);
  const sleeper = await startChild(stage, { at: { kind: "stop", k } });
  const db = openNodeDb(stage.file, { mustExist: true });
  try {
    if (!(await isStopped(sleeper))) return "ended";
    if (commits) commitOne(db, "meanwhile", "a value");
    const begun = stage.server.journal.entries.length;
    await takeOver(stage, db, PAUSE_MS);
    await expectTrue(stage, db);
    const winners = writtenSince(stage, begun);
    process.kill(sleeper.pid, "SIGCONT");
    const { report } = await sleeper.end;
    expect(report?.error ?? null).toBeNull();
    const held = objectsOf(stage.server);
    for (const [name, bytes] of winners) expect(held.get(name), `${name} is the winner's`).toEqual(bytes);
    await expectTrue(stage, db, { slept: true });
    commitOne(db, "afterwards", "a value");
    await takeOver(stage, db, 2 * PAUSE_MS);
    await expectTrue(stage, db, { slept: true });
    await expectEnded(stage, db);
    if (operation === "leak") expect(holdersOf(SECRET, objectsOf(stage.server))).toEqual([]);
    return "stopped";
  } finally {
    // One that still sleeps would sleep for ever.
    if (stateOf(sleeper.pid) === "T") process.kill(sleeper.pid, "SIGKILL");
    await sleeper.end.catch(() => undefined);
    db.close();
    await stage.close();
  }
}

/** What was written since and still lies there. The head is a tripwire that every run of ours may write. */
function writtenSince({ server }: CrashStage, begun: number): Map<string, Uint8Array> {
  const put = server.journal.entries.slice(begun).filter(({ effect }) => effect.kind === "put");
  const names = new Set(put.map(({ name }) => name.replace(/^ledge\//, "")));
  return new Map([...objectsOf(server)].filter(([name]) => names.has(name) && !name.startsWith("heads/")));
}

async function seeded(seed: number): Promise<Pause> {
  const random = seededRandom(seed);
  const operation = OPERATIONS[seed % OPERATIONS.length] ?? "upkeep";
  const { moments } = await knownScene(operation);
  return { operation, k: 1 + random.below(moments.length), commits: random.below(2) === 0 };
}

/** Right before each request that changes the bucket, when the lease has just been looked at. */
async function beforeRequests(operation: CrashOperation): Promise<Pause[]> {
  const { moments } = await knownScene(operation);
  return moments.flatMap((moment, at) =>
    /^before (PUT|DELETE)/.test(moment)
      ? [true, false].map((commits) => ({ operation, k: at + 1, commits }))
      : [],
  );
}

describe("an exporter that sleeps longer than its lease", () => {
  test(
    "takes nothing from the one that took over, and harms no restore point",
    async () => {
      const counts = { stopped: 0, ended: 0 };
      await forEachCrash(SEEDS, async (seed) => {
        counts[await pauseOne(await seeded(seed))] += 1;
      });
      expect(counts.stopped).toBeGreaterThan(SEEDS.length * 0.8);
      if (FULL) console.info(`crashes: paused at seeded moments: ${JSON.stringify(counts)}`);
    },
    TIMEOUT_MS,
  );

  for (const operation of OPERATIONS) {
    test(
      `before a request of its ${operation} does that request in vain`,
      async () => {
        const pauses = sampled(await beforeRequests(operation), 1);
        await forEachCrash(pauses, async (pause) => {
          await pauseOne(pause);
        });
        if (FULL) console.info(`crashes: paused before requests of ${operation}: ${pauses.length}`);
      },
      TIMEOUT_MS,
    );
  }
});
