/** What several callers propose at once: one transaction, one sync, and each is told what became of its own. */
import { describe, expect, test } from "vitest";
import {
  commitGroup,
  type GroupDb,
  type GroupMember,
  type MemberResult,
} from "../../../lib/store/commit/group.ts";
import { StoreFault } from "../../../lib/store/sqlite/driver.ts";
import type { NodeDb } from "../../../lib/store/sqlite/driver-node.ts";
import { addNamespace, bootstrap, proposalOf, type TestChange } from "../../../testkit/proposals.ts";
import { openTestStore } from "../../../testkit/store.ts";

const SIZE = 6;

function openShop(): NodeDb {
  const { db } = openTestStore();
  bootstrap(db);
  addNamespace(db, "shop");
  return db;
}

function member(changes: readonly TestChange[], requestId?: string): GroupMember {
  const options = requestId === undefined ? {} : { requestId };
  return { proposals: [proposalOf(changes, options)], options: { accept: "anything" } };
}

const put = (key: string, value = key, more: Partial<TestChange> = {}): TestChange => ({
  op: "put",
  ns: "shop",
  key,
  value,
  if: 0,
  ...more,
});

/** Six members, each with a document of its own. */
const six = (textOf: (n: number) => string = (n) => `v${n}`) =>
  Array.from({ length: SIZE }, (_, n) => member([put(`k${n}`, textOf(n))]));

function keysOf(db: NodeDb): string[] {
  return db.all("select key from entry where namespace='shop' order by key").flat().map(String);
}

const said = (result: MemberResult) =>
  result.ok ? result.outcomes.map((one) => (one.ok ? one.revision : one.code)) : "fault";

/** What was told is what is there: a key for each that was acknowledged, none for the others, and a commit each. */
function expectTold(db: NodeDb, results: readonly MemberResult[], commitsBefore: number): void {
  const told = results.flatMap((result, n) =>
    result.ok && result.outcomes.every(({ ok }) => ok) ? [`k${n}`] : [],
  );
  expect(keysOf(db)).toEqual(told);
  expect(db.all("select count(*) from commits")[0]?.[0]).toBe(commitsBefore + told.length);
  expect(db.inTransaction()).toBe(false);
}

const commitsIn = (db: NodeDb) => Number(db.all("select count(*) from commits")[0]?.[0]);

describe("a group", () => {
  test("gives each member its own revision, in their order", () => {
    const db = openShop();
    expect(commitGroup(db, six()).map(said)).toEqual([[3], [4], [5], [6], [7], [8]]);
    expect(keysOf(db)).toEqual(["k0", "k1", "k2", "k3", "k4", "k5"]);
  });

  test("refuses a member alone, and judges each by what stood before it in the group", () => {
    const db = openShop();
    const results = commitGroup(db, [
      member([put("a")]),
      member([put("a")]),
      member([put("b"), put("gone", "x", { op: "delete", if: -1 })]),
      member([put("c", "c", { if: 3 })]),
      member([put("a", "again", { if: 3 })]),
      member([put("b")]),
    ]);
    expect(results.map(said)).toEqual([[3], ["exists"], ["not_found"], ["stale"], [4], [5]]);
    expect(keysOf(db)).toEqual(["a", "b"]);
  });

  test("takes all proposals of a member, or none", () => {
    const db = openShop();
    const two = { ...member([]), proposals: [proposalOf([put("a")]), proposalOf([put("a")])] };
    expect(commitGroup(db, [two, member([put("b")])]).map(said)).toEqual([[3, "exists"], [3]]);
    expect(keysOf(db)).toEqual(["b"]);
  });

  test("tells a repeat inside the group by the commit that it repeats", () => {
    const db = openShop();
    const results = commitGroup(db, [member([put("a")], "once"), member([put("a")], "once")]);
    expect(results.map(said)).toEqual([[3], [3]]);
    expect(commitsIn(db)).toBe(3);
  });

  test("refuses what has no shape before the lock is held, and the others go on", () => {
    const db = openShop();
    const results = commitGroup(db, [member([]), member([put("a")])]);
    expect(results.map((one) => one.ok && one.outcomes[0]?.ok)).toEqual([false, true]);
  });
});

describe("a fault in a group of six", () => {
  const places = Array.from({ length: SIZE }, (_, n) => n);

  test.each(places)("that is a full disk at member %i is that member's, or everybody's", (at) => {
    const db = openShop();
    const before = commitsIn(db);
    const pages = Number(db.all("pragma page_count")[0]?.[0]);
    db.all(`pragma max_page_count = ${pages + 12}`);
    const results = commitGroup(
      db,
      six((n) => (n === at ? "x".repeat(200_000) : "small")),
    );
    expect(said(results[at] ?? { ok: true, outcomes: [] })).toBe("fault");
    expectTold(db, results, before);
    db.all("pragma max_page_count = 1000000");
    expect(commitGroup(db, [member([put("after")])])[0]).toMatchObject({ ok: true });
  });

  /** Fails once, at the n-th statement that writes; with `ended`, as an error that rolled the transaction back. */
  function failing(db: NodeDb, nth: number, { ended }: { ended: boolean }): GroupDb & { failed(): boolean } {
    let left = nth;
    let after = 0;
    return {
      failed: () => left < 0,
      inTransaction: () => db.inTransaction(),
      all(sql, params) {
        if (/^(begin|rollback|release|savepoint)/.test(sql)) return db.all(sql, params);
        // Where the transaction is over, whatever follows would commit by itself.
        if (left < 0 && ended) after += 1;
        if (after > 0) throw new Error(`a statement after the end: ${sql}`);
        left -= 1;
        if (left !== -1) return db.all(sql, params);
        if (ended) db.all("rollback");
        throw new StoreFault("disk I/O error");
      },
    };
  }

  test.each([
    { words: "ended its transaction", ended: true },
    { words: "left it standing", ended: false },
  ])("at every statement, where it $words", ({ ended }) => {
    for (let nth = 0, over = false; !over; nth += 1) {
      const db = openShop();
      const before = commitsIn(db);
      const flaky = failing(db, nth, { ended });
      const results = commitGroup(flaky, six());
      over = !flaky.failed();
      const faults = results.filter(({ ok }) => !ok).length;
      const atCommit = faults === SIZE;
      expect([nth, faults]).toEqual([nth, over ? 0 : ended || atCommit ? SIZE : 1]);
      expectTold(db, results, before);
      expect(nth).toBeLessThan(100);
    }
  });
});
