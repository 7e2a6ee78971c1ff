import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Db } from "../../../lib/store/sqlite/driver.ts";
import { migrate } from "../../../lib/store/sqlite/migrate.ts";
import { type ModelAnswer, type ModelDocument, StoreModel } from "../../../testkit/model.ts";
import { addNamespace, bootstrap, propose, type TestChange } from "../../../testkit/proposals.ts";
import { noSqld, onSqld, openSqld, startSqld } from "../../../testkit/sqld.ts";
import { checkStore, committedMigrations, openTestStore } from "../../../testkit/store.ts";
import { emptyDatabase } from "../../../testkit/store-contract.ts";

const namespaces = ["shop", "shop-2", "none"];
const keys = ["a", "a/b", "é", "\u{10000}", "k".repeat(20)];

const change = fc.record({
  op: fc.constantFrom("put", "put", "put", "delete", "check"),
  ns: fc.constantFrom(
    namespaces[0],
    namespaces[0],
    namespaces[0],
    namespaces[1],
    namespaces[1],
    namespaces[2],
  ),
  key: fc.constantFrom(...keys),
  value: fc.constantFrom("", "1", "two", "\u0000", "{}"),
  type: fc.constantFrom("text/plain", "text/plain", "application/json"),
  // How the revision named relates to the one there: right, any, absent, none given, or another.
  names: fc.constantFrom("right", "right", "any", "absent", "nothing", "other"),
});
const step = fc.record({
  changes: fc.array(change, { maxLength: 5 }),
  request: fc.option(fc.integer({ min: 0, max: 6 }), { nil: undefined }),
});

function toChange(
  drawn: { op: string; ns: string | undefined; key: string; value: string; type: string; names: string },
  model: StoreModel,
): TestChange {
  const ns = drawn.ns ?? "shop";
  const there = model.documents.get(`${ns} ${drawn.key}`)?.revision ?? 0;
  const named =
    { right: there, any: -1, absent: 0, nothing: null, other: Math.max(1, there - 1) }[drawn.names] ?? null;
  const base = { ns, key: drawn.key, if: named };
  if (drawn.op === "put") return { ...base, op: "put", value: drawn.value, type: drawn.type };
  if (drawn.op === "delete") return { ...base, op: "delete" };
  return { ...base, op: "check", if: named === null || named < 0 ? there : named };
}

function answerOf(db: Db, changes: readonly TestChange[], requestId?: string): ModelAnswer {
  const made = propose(db, changes, requestId === undefined ? {} : { requestId });
  if (!made.ok) return { code: made.code };
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

type Step = { changes: Parameters<typeof toChange>[0][]; request: number | undefined };

/** Runs the steps on an empty store and on the model. */
function compare(db: Db, steps: readonly Step[]): void {
  bootstrap(db);
  for (const name of ["shop", "shop-2"]) addNamespace(db, name);
  const model = new StoreModel(3, new Set(["shop", "shop-2"]));
  for (const { changes: drawn, request } of steps) {
    const changes = drawn.map((one) => toChange(one, model));
    const requestId = request === undefined ? undefined : `r${request}`;
    expect(answerOf(db, changes, requestId)).toEqual(model.commit(changes, requestId));
  }
  expect(sorted(current(db))).toEqual(sorted([...model.documents]));
  for (const [revision, state] of model.past) {
    expect(sorted(stateAt(db, revision))).toEqual(sorted([...state].map(([name, doc]) => [name, doc.value])));
  }
  checkStore(db);
}

const history = fc.array(step, { minLength: 1, maxLength: 40 });

describe("commits and the model of the store", () => {
  test("agree on every answer, every document and every past state over random commits", () => {
    const runs = Number(process.env.LEDGE_MODEL_RUNS ?? 60);
    fc.assert(
      fc.property(history, (steps) => {
        const { db, close } = openTestStore({ check: false });
        try {
          compare(db, steps);
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
