import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { foresee } from "../../../lib/core/commit/judge.ts";
import { judgeShape } from "../../../lib/core/commit/shape.ts";
import type { CommitOutcome } from "../../../lib/core/commit/verdict.ts";
import { secretDigest } from "../../../lib/core/token.ts";
import { commitGroup } from "../../../lib/store/commit/group.ts";
import { gatherForPlan } from "../../../lib/store/commit/plan.ts";
import { compact, readMarks } from "../../../lib/store/compaction/compaction.ts";
import type { Db } from "../../../lib/store/sqlite/driver.ts";
import type { NodeDb } from "../../../lib/store/sqlite/driver-node.ts";
import { migrate } from "../../../lib/store/sqlite/migrate.ts";
import { type ModelAnswer, StoreModel } from "../../../testkit/model.ts";
import { type DrawnChange, drawnChange, toChange } from "../../../testkit/model-changes.ts";
import type { ModelDocument } from "../../../testkit/model-document.ts";
import type { ModelAsked, ModelPolicy } from "../../../testkit/model-policies.ts";
import {
  addNamespace,
  bootstrap,
  type Options,
  proposalOf,
  propose,
  putReserved,
  rootToken,
  T0,
  type TestChange,
  tokenDocument,
  tokenOf,
} from "../../../testkit/proposals.ts";
import { noSqld, onSqld, openSqld, startSqld } from "../../../testkit/sqld.ts";
import { checkStore, committedMigrations, openTestStore } from "../../../testkit/store.ts";
import { emptyDatabase } from "../../../testkit/store-contract.ts";

const DAY_MS = 86_400_000;
const iso = (day: number) => new Date(T0 + day * DAY_MS).toISOString();
const limit = fc.integer({ min: 0, max: 3 });
const policy = fc.record({
  ns: fc.constantFrom("shop", "shop", "shop-2"),
  scope: fc.constantFrom("", "a", "a/", "a/b"),
  budgets: fc.record(
    { keysChanged: limit, keysDeleted: limit, growthBytes: limit, emptied: limit },
    { requiredKeys: [] },
  ),
  // There is a step a day: some freezes are over, some hold, some come.
  freeze: fc.array(
    fc
      .record({ begin: fc.integer({ min: 0, max: 30 }), days: fc.integer({ min: 1, max: 3 }) })
      .map(({ begin, days }) => ({ from: iso(begin), until: iso(begin + days), reason: "x" })),
    { maxLength: 2 },
  ),
});
const step = fc.record({
  // Set before the step.
  policy: fc.option(policy, { nil: undefined, freq: 3 }),
  actor: fc.constantFrom("root", "root", "writer"),
  override: fc.constantFrom(undefined, undefined, "one", "two"),
  changes: fc.array(drawnChange, { maxLength: 5 }),
  request: fc.option(fc.integer({ min: 0, max: 6 }), { nil: undefined }),
  // Before the step the store forgets what is older than so many days; there is a step a day.
  keepDays: fc.option(fc.integer({ min: 1, max: 20 }), { nil: undefined, freq: 5 }),
});

type Commit<D extends Db> = (
  db: D,
  changes: readonly TestChange[],
  options: Options,
) => CommitOutcome | undefined;

/** As the only member of a group, which has statements of its own for one operation. */
const inGroup: Commit<NodeDb> = (db, changes, options) => {
  const proposals = [proposalOf(changes, options)];
  const [result] = commitGroup(db, [{ proposals, options: { accept: "anything" } }]);
  return result?.ok === true ? result.outcomes[0] : undefined;
};

function answerOf(made: CommitOutcome | undefined): ModelAnswer | undefined {
  if (made?.ok !== true) return made && { code: made.code };
  return {
    revision: made.revision,
    unchanged: made.unchanged,
    results: made.results.map((result) => result.result),
  };
}

const decoder = new TextDecoder();
type Listed = [string, ModelDocument][];

function current(db: Db): Listed {
  return db
    .all(
      "select namespace, key, value, media_type, revision, created_revision, version from entry where namespace in ('shop','shop-2') order by namespace, key",
    )
    .map(([ns, key, value, type, revision, created, version]) => [
      `${ns} ${key}`,
      {
        value: decoder.decode(value as Uint8Array),
        type: String(type),
        revision: Number(revision),
        created: Number(created),
        version: Number(version),
      },
    ]);
}

/** The documents at a past revision, from the history alone. */
function stateAt(db: Db, revision: number): [string, string][] {
  return db
    .all(
      `select c.namespace||' '||c.key, c.value from change c where c.namespace in ('shop','shop-2') and c.op='put' and c.revision=(select max(m.revision)
       from change m where m.namespace=c.namespace and m.key=c.key and m.revision<=?)`,
      [revision],
    )
    .map(([name, value]) => [String(name), decoder.decode(value as Uint8Array)]);
}

const sorted = <T>(rows: [string, T][]) => [...rows].sort(([a], [b]) => (a < b ? -1 : 1));

type Guard = { ns: string; scope: string } & ModelPolicy;
type Step = {
  changes: DrawnChange[];
  request: number | undefined;
  keepDays?: number | undefined;
  policy: Guard | undefined;
  actor: string;
  override: string | undefined;
};

/** Writes everywhere, and may override in one scope. */
const WRITER = tokenOf("w");
const PROPOSERS: Readonly<Record<string, NonNullable<Options["by"]>>> = {
  root: rootToken,
  writer: { kind: "token", accessor: WRITER.accessor, digest: secretDigest(WRITER.secret) },
};
const OVERRIDES: Readonly<Record<string, ModelAsked["mayOverride"]>> = {
  root: "all",
  writer: [["shop", "a/"]],
};

function giveWriter(db: Db): void {
  const grants = [
    { verbs: ["write", "read", "plan"], namespace: "*", scope: "" },
    { verbs: ["override"], namespace: "shop", scope: "a/" },
  ];
  const digest = secretDigest(WRITER.secret);
  const document = tokenDocument({ digest, grants, creator: rootToken.accessor });
  putReserved(db, "_auth", `token/${WRITER.accessor}`, document);
}

/** The code that a plan says first; undefined where it says that the commit goes through. */
function foreseen(db: Db, changes: readonly TestChange[], options: Options): string | undefined {
  const proposal = { ...proposalOf(changes, options), door: "plan", requestId: null } as const;
  const malformed = judgeShape(proposal);
  if (malformed !== undefined) return malformed.code;
  const { facts, rules } = gatherForPlan(db, proposal);
  const plan = foresee(proposal, { ...facts, rules });
  return plan.ok ? plan.refusals[0]?.code : plan.code;
}

/** Compacts, and gives the mark that both namespaces should have: the newest revision that is old enough. */
function forget(
  db: Db,
  keepMs: number,
  { nowMs, times }: { nowMs: number; times: [number, number][] },
): number {
  compact(db, { nowMs, keepMs, hasBucket: false, goesOn: () => true });
  const old = times.filter(([timeMs]) => timeMs <= nowMs - keepMs);
  return old.at(-1)?.[1] ?? 0;
}

/** Up to its mark nothing is left of a namespace but what its state there is made of. */
function checkMark(db: Db, ns: string, mark: number, { past }: StoreModel) {
  // That of a namespace which had no document yet when the store last forgot may lie lower.
  const own = readMarks(db).get(ns) ?? 0;
  expect(own).toBeLessThanOrEqual(mark);
  const kept = db.all("select count(*) from change where namespace=? and revision<=?", [ns, own])[0]?.[0];
  const there = [...(past.get(own)?.keys() ?? [])].filter((name) => name.startsWith(`${ns} `)).length;
  expect(kept).toBe(there);
}

/** A commit of the past that is repeated: what it did is not known any more. */
function isForgotten(answer: ModelAnswer, mark: number): boolean {
  return !("code" in answer) && answer.revision <= mark;
}

function isRepeat(made: CommitOutcome | undefined): boolean {
  return made?.ok === true ? made.replayed : made?.code === "idempotency_mismatch";
}

/** Sets a policy in both, and says whether that made a revision. */
function guard(db: Db, model: StoreModel, { ns, scope, ...set }: Guard, nowMs: number): boolean {
  const made = putReserved(db, "_system", `policy/${ns}/${scope}`, JSON.stringify(set), { nowMs });
  const altered = model.setPolicy(ns, scope, set);
  expect(made).toMatchObject({ ok: true, unchanged: !altered });
  return altered;
}

/** Runs the steps on an empty store and on the model. */
function compare<D extends Db>(db: D, steps: readonly Step[], commit: Commit<D> = propose): void {
  bootstrap(db);
  for (const name of ["shop", "shop-2"]) addNamespace(db, name);
  giveWriter(db);
  const model = new StoreModel(4, new Set(["shop", "shop-2"]));
  const times: [number, number][] = [[T0, 4]];
  let mark = 0;
  for (const [day, { changes: drawn, request, keepDays, policy: set, actor, override }] of steps.entries()) {
    const nowMs = T0 + (day + 1) * DAY_MS;
    if (keepDays !== undefined) mark = Math.max(mark, forget(db, keepDays * DAY_MS, { nowMs, times }));
    if (set !== undefined && guard(db, model, set, nowMs)) times.push([nowMs, model.head]);
    const changes = drawn.map((one) => toChange(one, model));
    const options: Options = {
      by: PROPOSERS[actor] ?? rootToken,
      nowMs,
      ...(request === undefined ? {} : { requestId: `r${request}` }),
      ...(override === undefined ? {} : { override }),
    };
    const plan = foreseen(db, changes, options);
    const made = commit(db, changes, options);
    const mayOverride = OVERRIDES[actor] ?? "all";
    const expected = model.commit(changes, options.requestId, { actor, nowMs, override, mayOverride });
    // What a plan says of a repeat is what would become of it if it were none.
    if (!isRepeat(made)) expect(plan).toBe(made?.ok === false ? made.code : undefined);
    if (!isForgotten(expected, mark)) expect(answerOf(made)).toEqual(expected);
    if (made?.ok === true && !made.unchanged && !made.replayed) times.push([nowMs, made.revision]);
  }
  for (const ns of ["shop", "shop-2"]) checkMark(db, ns, mark, model);
  expect(sorted(current(db))).toEqual(sorted([...model.documents]));
  for (const [revision, state] of model.past) {
    if (revision < mark) continue;
    expect(sorted(stateAt(db, revision))).toEqual(sorted([...state].map(([name, doc]) => [name, doc.value])));
  }
  checkStore(db);
}

const history = fc.array(step, { minLength: 1, maxLength: 40 });

describe("commits and the model of the store", () => {
  test.each([
    { how: "alone", commit: propose },
    { how: "in groups", commit: inGroup },
  ])("agree on answers, documents and past states over random commits, $how", ({ commit }) => {
    const runs = Number(process.env.LEDGE_MODEL_RUNS ?? 60);
    fc.assert(
      fc.property(history, (steps) => {
        const { db, close } = openTestStore({ check: false });
        try {
          compare(db, steps, commit);
        } finally {
          close();
        }
      }),
      { numRuns: runs },
    );
  });
});

describe.skipIf(noSqld !== undefined)(onSqld("the same on a libSQL server"), () => {
  test("agree too", { timeout: 600_000 }, async () => {
    const { url } = await startSqld();
    const db = await openSqld(url);
    const runs = Math.ceil(Number(process.env.LEDGE_MODEL_RUNS ?? 60) / 10);
    fc.assert(
      fc.property(history, (steps) => {
        db.all("pragma foreign_keys=off");
        emptyDatabase(db);
        db.all("pragma foreign_keys=on");
        migrate(db, committedMigrations());
        compare(db, steps);
      }),
      { numRuns: runs },
    );
  });
});
