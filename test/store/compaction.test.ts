import { beforeEach, describe, expect, test } from "vitest";
import { DEFAULT_HEALTH } from "../../lib/core/rollout/documents.ts";
import { putRow } from "../../lib/store/catalogue/operation.ts";
import { PROVEN } from "../../lib/store/catalogue/rows.ts";
import { type CompactionOptions, compact, readMarks } from "../../lib/store/compaction/compaction.ts";
import type { NodeDb } from "../../lib/store/sqlite/driver-node.ts";
import { openQuickStore } from "../../testkit/backup.ts";
import { addNamespace, bootstrap, propose, putReserved, T0 } from "../../testkit/proposals.ts";
import { pointChannel } from "../../testkit/rollouts.ts";

const DAY_MS = 86_400_000;
const DAYS = 10;

let db: NodeDb;
/** The revision of each day's put. */
let made: number[];

/** `shop/k` and `far/k`, put once a day for ten days; day 0 is T0. */
beforeEach(() => {
  db = openQuickStore().db;
  bootstrap(db);
  for (const name of ["shop", "far"]) addNamespace(db, name);
  made = Array.from({ length: DAYS }, (_, day) => commitOn(day, ["shop", "far"], `of day ${day}`));
});

function commitOn(day: number, namespaces: readonly string[], value: string): number {
  const changes = namespaces.map((ns) => ({ op: "put" as const, ns, key: "k", value, if: -1 }));
  const done = propose(db, changes, { nowMs: T0 + day * DAY_MS });
  if (!done.ok) throw new Error(done.code);
  return done.revision;
}

const at = (day: number) => made[day] ?? 0;
const kept = (ns: string) =>
  db.all("select revision from change where namespace=? order by revision", [ns]).flat();
const run = (more: Partial<CompactionOptions> = {}) =>
  compact(db, {
    nowMs: T0 + DAYS * DAY_MS,
    keepMs: 3 * DAY_MS,
    hasBucket: false,
    goesOn: () => true,
    ...more,
  });

describe("compact", () => {
  test("keeps what is younger than the window, and the state at its lower edge", () => {
    run();
    expect(readMarks(db).get("shop")).toBe(at(7));
    expect(kept("shop")).toEqual([at(7), at(8), at(9)]);
    expect(db.all("select count(*) from commits")).toEqual([[DAYS + 3]]);
  });

  test("keeps all where nobody says how long, and of a namespace what it says itself", () => {
    run({ keepMs: null });
    expect(kept("shop")).toHaveLength(DAYS);
    const keep = putReserved(db, "_system", "namespace/far", JSON.stringify({ keep: { days: 9 } }));
    expect(keep).toMatchObject({ ok: true });
    run({ keepMs: null });
    expect([kept("shop").length, kept("far").length]).toEqual([DAYS, DAYS - 1]);
    run();
    expect([kept("shop").length, kept("far").length]).toEqual([3, DAYS - 1]);
  });

  test("with a bucket takes nothing that no proof has seen there", () => {
    run({ hasBucket: true });
    expect(kept("shop")).toHaveLength(DAYS);
    putRow(db, PROVEN, { revision: at(4), atMs: T0, manifest: null });
    run({ hasBucket: true });
    expect(kept("shop")[0]).toBe(at(4));
  });

  test("takes away the end of a document once nothing stands before it", () => {
    const end = propose(db, [{ op: "delete", ns: "shop", key: "k", if: -1 }], { nowMs: T0 + DAYS * DAY_MS });
    expect(end).toMatchObject({ ok: true });
    commitOn(DAYS + 1, ["far"], "later");
    run({ nowMs: T0 + 20 * DAY_MS });
    expect(kept("shop")).toEqual([]);
    expect(kept("far")).toHaveLength(1);
  });

  test("is not held up by a commit of a clock that was ahead", () => {
    propose(db, [{ op: "put", ns: "shop", key: "ahead", value: "x" }], { nowMs: T0 + 999 * DAY_MS });
    const last = commitOn(DAYS, ["shop"], "after it");
    run({ nowMs: T0 + 14 * DAY_MS });
    expect(readMarks(db).get("shop")).toBe(last);
  });

  test("goes on where it was put down, a hundred commits at a time", () => {
    for (let n = 0; n < 250; n += 1) commitOn(0, ["shop"], `more ${n}`);
    let steps = 0;
    const once = () => run({ nowMs: T0 + 30 * DAY_MS, goesOn: () => steps++ < 1 });
    once();
    expect(kept("shop").length).toBeGreaterThan(150);
    for (let left = 0; left < 3; left += 1) {
      steps = 0;
      once();
    }
    expect(kept("shop")).toHaveLength(1);
    expect(run({ nowMs: T0 + 30 * DAY_MS }).steps).toBe(0);
  });

  test("leaves a store alone that is stopped, and one whose base is in the making", () => {
    for (const sql of [
      "update store set state='stopped'",
      "insert into operation (name, value) values ('base','{}')",
    ]) {
      db.all(sql);
      expect(run().steps).toBe(0);
      db.all("update store set state='open'");
    }
    expect(kept("shop")).toHaveLength(DAYS);
    db.all("delete from operation where name='base'");
  });

  test("leaves tokens and settings as they are", () => {
    for (const note of ["one", "two"])
      putReserved(db, "_system", "namespace/far", JSON.stringify({ description: note }), { nowMs: T0 });
    run({ nowMs: T0 + 100 * DAY_MS });
    expect(db.all("select count(*) from change where namespace='_system'")).toEqual([[4]]);
  });
});

describe("pins", () => {
  const channel = (revision: number, day = 0) => pointChannel(db, "shop/stable", revision, T0 + day * DAY_MS);
  const stateAt = (revision: number) =>
    db.all(
      "select cast(value as text) from change where namespace='shop' and key='k' and revision<=? order by revision desc limit 1",
      [revision],
    )[0]?.[0];

  test("what a channel points at stays, and nothing else below the mark", () => {
    channel(at(2));
    run();
    expect(kept("shop")).toEqual([at(2), at(7), at(8), at(9)]);
    expect(kept("far")).toEqual([at(7), at(8), at(9)]);
    expect(stateAt(at(2))).toBe("of day 2");
  });

  test("both revisions of a rollout that goes on stay", () => {
    channel(at(2));
    const steps = [{ percent: 100, bakeSeconds: 0 }];
    const moment = new Date(T0).toISOString();
    const rollout = {
      from: at(2),
      to: at(4),
      steps,
      step: 0,
      state: "running",
      since: moment,
      started: moment,
    };
    const made = putReserved(
      db,
      "_system",
      "rollout/shop/stable",
      JSON.stringify({ ...rollout, health: DEFAULT_HEALTH, onFailure: "stop", reason: "" }),
      { nowMs: T0 },
    );
    expect(made).toMatchObject({ ok: true });
    run();
    expect(kept("shop")).toEqual([at(2), at(4), at(7), at(8), at(9)]);
  });

  test("a pin that has ended goes once no kept revision saw it", () => {
    channel(at(2));
    run();
    channel(at(8), DAYS);
    run();
    // At revisions that are kept the channel still pointed there.
    expect(kept("shop")).toContain(at(2));
    commitOn(DAYS + 1, ["far"], "later");
    run({ nowMs: T0 + 30 * DAY_MS });
    expect(kept("shop")).toEqual([at(8), at(9)]);
    expect(run({ nowMs: T0 + 30 * DAY_MS }).steps).toBe(0);
  });

  test("what a pin held goes though its way is longer than a step", () => {
    channel(at(2));
    let last = 0;
    for (let n = 0; n < 250; n += 1) last = commitOn(DAYS, ["shop"], `more ${n}`);
    run({ nowMs: T0 + 30 * DAY_MS });
    expect(kept("shop")).toEqual([at(2), last]);
    channel(last, 30);
    commitOn(31, ["far"], "later");
    run({ nowMs: T0 + 90 * DAY_MS });
    expect(kept("shop")).toEqual([last]);
    expect(run({ nowMs: T0 + 90 * DAY_MS }).steps).toBe(0);
  });

  test("a key that was deleted after a pin is there at it and not after it", () => {
    channel(at(2));
    propose(db, [{ op: "delete", ns: "shop", key: "k", if: -1 }], { nowMs: T0 + 9 * DAY_MS });
    const gone = commitOn(DAYS, ["far"], "later");
    run({ nowMs: T0 + 30 * DAY_MS });
    const ops = db.all("select revision,op from change where namespace='shop' order by revision");
    expect(ops).toEqual([
      [at(2), "put"],
      [gone - 1, "delete"],
    ]);
  });
});
