/**
 * The exporter against buckets that fail, while commits go on. A few dozen round trips each time, from the same
 * seed; 500 in the full run, from another seed each time. `LEDGE_CHAOS_SEED` repeats a run.
 */
import { describe, expect, test } from "vitest";
import type { Fault, FaultRule } from "../../testkit/chaos/faults.ts";
import { type ChaosRun, runChaos } from "../../testkit/chaos/run.ts";
import type { ChaosServer } from "../../testkit/chaos/server.ts";

const GIVEN = process.env.LEDGE_CHAOS_SEED;
const FULL = process.env.LEDGE_FULL === "1";
const RANDOM_SEED = 1 + Math.floor(Math.random() * 1_000_000);
const FIRST_SEED = GIVEN !== undefined ? Number(GIVEN) : FULL ? RANDOM_SEED : 1;

const at = (rate: number, fault: Fault, more: Partial<FaultRule> = {}): FaultRule => ({
  fault,
  rate,
  ...more,
});
const page = (status: number, type: string, body: string): Fault => ({ kind: "page", status, type, body });

const KINDS: Record<string, readonly FaultRule[]> = {
  "errors and throttling": [
    at(0.03, { kind: "error", status: 500, code: "InternalError" }),
    at(0.06, { kind: "error", status: 503, code: "SlowDown" }),
  ],
  "late and dripping answers": [
    at(0.3, { kind: "slow", delayMs: 5 }),
    at(0.2, { kind: "drip", chunkBytes: 150, everyMs: 1 }),
  ],
  "silence and stalled bodies": [at(0.008, { kind: "silence" }), at(0.008, { kind: "stall" })],
  "lost answers": [at(0.06, { kind: "lost" }), at(0.03, { kind: "reset" })],
  "torn objects": [at(0.04, { kind: "torn", told: true }), at(0.08, { kind: "torn", told: false })],
  "bodies cut in the middle": [
    at(0.05, { kind: "cut", length: true }),
    at(0.05, { kind: "cut", length: false }),
  ],
  "stale lists": [at(0.6, { kind: "stale", operations: 9 }, { methods: ["LIST"] })],
  "stale objects": [at(0.05, { kind: "stale", operations: 3 }, { methods: ["GET"] })],
  "pages of a proxy": [
    at(0.04, page(502, "text/html", "<html><h1>Bad Gateway</h1></html>")),
    at(0.03, page(200, "text/html; charset=utf-8", "<html>Please log in</html>")),
    at(0.03, page(200, "application/xml", "<ListBucketResult><Name>ledge</Na")),
    at(0.01, page(404, "text/html", "<html>Not found</html>")),
  ],
  refusals: [at(0.02, { kind: "error", status: 403, code: "AccessDenied" })],
};
const MIXED = Object.values(KINDS)
  .flat()
  .map((rule) => ({ ...rule, rate: (rule.rate ?? 1) / 5 }));

const CONDITIONS: Record<string, (server: ChaosServer, round: number) => void> = {
  "keys that were rotated": (server, round) => {
    if (round === 2) server.access = { accessKeyId: "ROTATED", secretAccessKey: "r".repeat(40) };
  },
  "a clock that runs apart": (server, round) => {
    server.clockSkewMs = [0, 3_600_000, -7_200_000, 31_536_000_000][round % 4] ?? 0;
  },
  "a region that was wrong": (server, round) => {
    server.region = round === 2 ? "eu-west-1" : "us-east-1";
  },
};

async function expectTrue(name: string, run: ChaosRun): Promise<void> {
  const report = await runChaos(run);
  if (process.env.LEDGE_CHAOS_REPORT === "1") console.info(name, report);
  expect(report.failed + report.exported).toBe(run.rounds);
}

describe(`exports to a bucket with faults, from seed ${FIRST_SEED}`, () => {
  const rounds = FULL ? 46 : 3;
  for (const [index, [name, faults]] of Object.entries({ ...KINDS, "all of them": MIXED }).entries()) {
    test(`${name} leave every restore point true`, async () => {
      await expectTrue(name, { seed: FIRST_SEED + index, rounds, faults });
    }, 600_000);
  }

  for (const [name, before] of Object.entries(CONDITIONS)) {
    test(`${name} leave every restore point true`, async () => {
      await expectTrue(name, { seed: FIRST_SEED, rounds: 3, faults: [], before });
    });
  }
});
