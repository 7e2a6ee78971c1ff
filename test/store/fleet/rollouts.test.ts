/** Rollouts in numbers: which of them nobody has looked at since the bake of their step was over. */
import { beforeEach, describe, expect, test } from "vitest";
import { DEFAULT_HEALTH } from "../../../lib/core/rollout/documents.ts";
import { formatTime } from "../../../lib/core/time.ts";
import { countRollouts } from "../../../lib/store/fleet/rollouts.ts";
import type { NodeDb } from "../../../lib/store/sqlite/driver-node.ts";
import { begin, openQuickStore, put } from "../../../testkit/backup.ts";
import { propose, putReserved } from "../../../testkit/proposals.ts";
import { pointChannel } from "../../../testkit/rollouts.ts";

const AT_MS = Date.parse("2027-01-01T00:00:00.000Z");
/** The bake of the first step, and five minutes in which a tick was to come. */
const DUE_MS = AT_MS + 600_000 + 300_000;

let db: NodeDb;
let [from, to] = [0, 0];

beforeEach(() => {
  db = openQuickStore().db;
  begin(db);
  from = put(db, "k", "one");
  to = put(db, "k", "two");
});

function roll(channel: string, more: object = {}): void {
  pointChannel(db, `shop/${channel}`, from);
  const since = formatTime(AT_MS);
  const rollout = {
    from,
    to,
    steps: [
      { percent: 10, bakeSeconds: 600 },
      { percent: 100, bakeSeconds: 60 },
    ],
    step: 0,
    state: "running",
    since,
    started: since,
    health: DEFAULT_HEALTH,
    onFailure: "stop",
    reason: "",
    ...more,
  };
  expect(putReserved(db, "_system", `rollout/shop/${channel}`, JSON.stringify(rollout)).ok).toBe(true);
}

describe("countRollouts", () => {
  test("has every state, also where there was no rollout", () => {
    const { states, overdue } = countRollouts(db, AT_MS);
    expect([...states]).toEqual([
      ["waiting", 0],
      ["running", 0],
      ["paused", 0],
      ["failed", 0],
      ["done", 0],
      ["aborted", 0],
    ]);
    expect(overdue).toBe(0);
  });

  test("takes one for overdue five minutes after the bake of its step, and no sooner", () => {
    roll("stable");
    roll("beta");
    expect(countRollouts(db, DUE_MS).overdue).toBe(0);
    expect(countRollouts(db, DUE_MS + 1).overdue).toBe(2);
    expect(countRollouts(db, DUE_MS + 1).states.get("running")).toBe(2);
  });

  test("takes none for overdue that does not run", () => {
    roll("stable");
    roll("stable", { state: "paused" });
    expect(countRollouts(db, DUE_MS * 2)).toMatchObject({ overdue: 0 });
    expect(countRollouts(db, DUE_MS * 2).states.get("paused")).toBe(1);
  });

  test("counts one that went back, whose step is none of its steps", () => {
    roll("stable");
    roll("stable", { state: "failed", step: -1 });
    const { states, overdue } = countRollouts(db, DUE_MS * 2);
    expect([states.get("failed"), overdue]).toEqual([1, 0]);
  });

  test("counts no other documents, whatever they say", () => {
    const value = JSON.stringify({ state: "running", since: "2020-01-01T00:00:00.000Z", step: 0, steps: [] });
    propose(db, [{ op: "put", ns: "shop", key: "rollout/shop/stable", value, type: "application/json" }]);
    expect(countRollouts(db, DUE_MS).states.get("running")).toBe(0);
  });
});
