/** Channels and rollouts as the commit's rules judge them, whoever proposes: what no door of ours would ask for, too. */
import { beforeEach, describe, expect, test } from "vitest";
import { DEFAULT_HEALTH } from "../../../lib/core/rollout/documents.ts";
import { secretDigest } from "../../../lib/core/token.ts";
import type { NodeDb } from "../../../lib/store/sqlite/driver-node.ts";
import { begin, openQuickStore, put } from "../../../testkit/backup.ts";
import {
  giveToken,
  type Options,
  propose,
  putReserved,
  rootToken,
  type TestChange,
  tokenDocument,
  tokenOf,
} from "../../../testkit/proposals.ts";
import { headOf, pointChannel } from "../../../testkit/rollouts.ts";

const AT = "2027-01-01T00:00:00.000Z";
const TICK = { by: { kind: "reserved", actor: "_rollout" } } as const;

let db: NodeDb;
let [first, second] = [0, 0];

beforeEach(() => {
  db = openQuickStore().db;
  begin(db);
  first = put(db, "k", "one");
  second = put(db, "k", "two");
  pointChannel(db, "shop/stable", first);
});

const rolloutOf = (more: object = {}) => ({
  from: first,
  to: second,
  steps: [
    { percent: 10, bakeSeconds: 0 },
    { percent: 100, bakeSeconds: 0 },
  ],
  step: 0,
  state: "running",
  since: AT,
  started: AT,
  health: DEFAULT_HEALTH,
  onFailure: "stop",
  reason: "",
  ...more,
});
const said = (made: { ok: boolean; code?: string }) => (made.ok ? "ok" : made.code);
const roll = (more: object = {}, options: Options = {}) =>
  said(putReserved(db, "_system", "rollout/shop/stable", JSON.stringify(rolloutOf(more)), options));
const system = (key: string, json: unknown): TestChange => ({
  op: "put",
  ns: "_system",
  key,
  value: JSON.stringify(json),
  type: "application/json",
  if: -1,
});

/** That it stands as it does. */
const checkOf = (key: string): TestChange => {
  const [row] = db.all("select revision from entry where namespace='_system' and key=?1", [key]);
  return { op: "check", ns: "_system", key, if: Number(row?.[0]) };
};

describe("a step that waits for a second person", () => {
  const BY = "b".repeat(12);
  const steps = [
    { percent: 10, bakeSeconds: 0, review: true },
    { percent: 50, bakeSeconds: 0, review: true },
    { percent: 100, bakeSeconds: 0, review: true },
  ];
  const startedBy = { by: "s".repeat(12), byName: "starter" };
  const waiting = { steps, startedBy, state: "waiting", step: -1 };
  // Rolls out, and may override a part of the namespace only.
  const urgent = { kind: "token", accessor: "u".repeat(12), digest: secretDigest("u".repeat(43)) } as const;
  const approved = (approvedBy: string) => ({ ...TICK, approvedBy });
  beforeEach(() => {
    for (const letter of ["b", "s"]) giveToken(db, tokenOf(letter), ["approve"]);
    giveToken(db, tokenOf("c"), ["rollout"]);
    const grants = [
      { verbs: ["rollout"], namespace: "shop", scope: "" },
      { verbs: ["override"], namespace: "shop", scope: "k/" },
    ];
    putReserved(
      db,
      "_auth",
      `token/${urgent.accessor}`,
      tokenDocument({ digest: urgent.digest, grants, creator: rootToken.accessor }),
    );
  });

  test("is begun with an approval of somebody else's, one step at a time", () => {
    expect(roll(waiting, TICK)).toBe("ok");
    const first = { ...waiting, state: "running", step: 0 };
    expect(roll(first, TICK)).toBe("approval_required");
    expect(roll(first)).toBe("approval_required");
    expect(roll({ ...first, startedBy: { by: BY, byName: "b" } }, approved(BY))).toBe("rollout_active");
    expect(roll(first, approved(startedBy.by))).toBe("approval_required");
    expect(roll(first, approved("c".repeat(12)))).toBe("approval_void");
    expect(roll(first, approved("d".repeat(12)))).toBe("approval_void");
    expect(roll({ ...first, step: 1 }, approved(BY))).toBe("approval_required");
    expect(roll({ ...first, state: "paused" }, approved(BY))).toBe("approval_required");
    expect(roll(first, approved(BY))).toBe("ok");
    // It has to wait before the next one, too.
    expect(roll({ ...first, step: 1 }, approved(BY))).toBe("approval_required");
    expect(roll({ ...first, state: "waiting" }, TICK)).toBe("ok");
    expect(roll({ ...first, step: 1 }, approved(BY))).toBe("ok");
    expect(roll({ ...first, step: 1, state: "done" }, TICK)).toBe("approval_required");
  });

  test("is gone past by an override, and named with who began it", () => {
    expect(roll({ ...waiting, startedBy: undefined })).toBe("invalid_body");
    expect(roll({ ...waiting, state: "running", step: 0 })).toBe("invalid_body");
    expect(roll({ ...rolloutOf(), step: -1, state: "waiting" })).toBe("invalid_body");
    expect(roll(waiting)).toBe("ok");
    expect(roll(waiting)).toBe("ok");
    expect(roll({ ...waiting, to: first + 3 })).toBe("rollout_active");
    const done = { ...waiting, state: "done", step: 0 };
    expect(roll(done, { override: "INC-1", by: urgent })).toBe("approval_required");
    expect(roll(done, { override: "INC-1" })).toBe("ok");
  });

  test("is demanded of all by a policy", () => {
    putReserved(db, "_system", "policy/shop/", '{"rollouts":"review"}');
    expect(roll()).toBe("approval_required");
    expect(roll(waiting)).toBe("ok");
    roll({ ...waiting, state: "aborted" });
    const channel = (revision: number) =>
      said(putReserved(db, "_system", "channel/shop/stable", JSON.stringify({ revision })));
    expect(channel(second)).toBe("approval_required");
    const newOne = putReserved(db, "_system", "channel/shop/other", JSON.stringify({ revision: second }));
    expect(said(newOne)).toBe("ok");
    expect(roll({}, { override: "INC-2", by: urgent })).toBe("approval_required");
    expect(roll({}, { override: "INC-2" })).toBe("ok");
    const both = [
      system("channel/shop/stable", { revision: second }),
      system("rollout/shop/stable", rolloutOf({ state: "done", step: 1 })),
    ];
    const further = put(db, "k", "three");
    for (const [state, revision] of [
      ["done", further],
      ["aborted", second],
    ] as const) {
      const others = [
        system("channel/shop/stable", { revision }),
        system("rollout/shop/stable", rolloutOf({ state, step: 1 })),
      ];
      expect(said(propose(db, others, { door: "admin", ...TICK })), state).toBe("approval_required");
    }
    expect(said(propose(db, both, { door: "admin", ...TICK }))).toBe("ok");
    expect(channel(first)).toBe("ok");
    expect(channel(second)).toBe("approval_required");
    expect(said(putReserved(db, "_system", "policy/shop/k", '{"rollouts":"review"}'))).toBe("invalid_body");
  });
});

describe("a rollout", () => {
  test("goes from step to step, and to its end, and to nothing else", () => {
    expect(roll()).toBe("ok");
    expect(roll({ to: first + 3 })).toBe("rollout_active");
    expect(roll({ steps: [{ percent: 1, bakeSeconds: 0 }] })).toBe("rollout_active");
    expect(roll({ from: first + 1 })).toBe("rollout_active");
    expect(roll({ started: "2027-01-02T00:00:00.000Z" })).toBe("rollout_active");
    expect(roll({ step: 1 })).toBe("ok");
    expect(roll({ step: 0 })).toBe("rollout_active");
    expect(roll({ step: -1, state: "failed" })).toBe("ok");
    expect(roll()).toBe("ok");
  });

  test("begins with its first step, from where the channel is", () => {
    expect(roll({ step: 1 })).toBe("invalid_body");
    expect(roll({ state: "done" })).toBe("invalid_body");
    expect(roll({ from: second, to: first })).toBe("stale");
    expect(roll({ to: first })).toBe("invalid_body");
    expect(roll({ to: 999 })).toBe("revision_unknown");
    expect(said(putReserved(db, "_system", "rollout/shop/none", JSON.stringify(rolloutOf())))).toBe(
      "not_found",
    );
  });

  test("ends in one commit with the channel that it moves", () => {
    roll();
    const channel = system("channel/shop/stable", { revision: second });
    const key = "rollout/shop/stable";
    const looked = checkOf(key);
    for (const changes of [[channel], [looked, channel]])
      expect(said(propose(db, changes, { door: "admin" }))).toBe("rollout_active");
    for (const ended of [key, "channel/shop/stable"])
      expect(
        said(propose(db, [{ op: "delete", ns: "_system", key: ended, if: -1 }], { door: "admin" })),
      ).toBe("rollout_active");
    const described = system("channel/shop/stable", { revision: first, description: "stays" });
    expect(said(propose(db, [described], { door: "admin" }))).toBe("ok");
    const both = [channel, system("rollout/shop/stable", rolloutOf({ state: "done", step: 1 }))];
    expect(said(propose(db, both, { door: "admin", ...TICK }))).toBe("ok");
  });

  test("and its channel stand nowhere but under their names", () => {
    for (const key of ["channel/shop", "channel/shop/A", "channel/shop/a/b", "rollout/_system/a", "edge/A"])
      expect(said(putReserved(db, "_system", key, '{"revision":1}')), key).toBe("invalid_body");
  });
});

test("a channel may go to a revision that is kept for another one alone", () => {
  db.all("update usage set compacted=? where namespace='shop'", [second]);
  const to = (name: string, revision: number) =>
    said(putReserved(db, "_system", `channel/shop/${name}`, JSON.stringify({ revision })));
  expect([to("other", first), to("other", first - 1), to("other", headOf(db) + 1)]).toEqual([
    "ok",
    "compacted",
    "revision_unknown",
  ]);
});

test("the verb rollout moves what is there, and makes and ends no channel", () => {
  giveToken(db, tokenOf("c"), ["rollout"]);
  const by = { kind: "token", accessor: "c".repeat(12), digest: secretDigest("c".repeat(43)) } as const;
  const channel = (key: string) => system(key, { revision: second });
  const end: TestChange = { op: "delete", ns: "_system", key: "channel/shop/stable", if: -1 };
  const looked = checkOf("channel/shop/stable");
  const asked = [channel("channel/shop/new"), end, looked, channel("channel/shop/stable")];
  expect(asked.map((one) => said(propose(db, [one], { door: "admin", by })))).toEqual([
    "forbidden",
    "forbidden",
    "ok",
    "ok",
  ]);
  expect(roll({ from: second, to: first }, { by })).toBe("ok");
  expect(said(putReserved(db, "_system", "channel/none/stable", '{"revision":1}'))).toBe(
    "namespace_not_found",
  );
});

test("the tick moves rollouts and their channels, and nothing else", () => {
  expect(roll({}, TICK)).toBe("ok");
  expect(roll({ step: 1 }, TICK)).toBe("ok");
  for (const key of ["namespace/shop", "policy/shop/", "edge/a", "mode"])
    expect(said(putReserved(db, "_system", key, "{}", TICK)), key).toBe("forbidden");
  expect(said(putReserved(db, "_auth", "token/bbbbbbbbbbbb", "{}", TICK))).toBe("forbidden");
  const end: TestChange = { op: "delete", ns: "_system", key: "channel/shop/stable", if: -1 };
  expect(said(propose(db, [end], { door: "admin", ...TICK }))).toBe("forbidden");
});

test("what comes by the door of approvals asks for approve, and for no write", () => {
  const by = (letter: string) =>
    ({ kind: "token", accessor: letter.repeat(12), digest: secretDigest(letter.repeat(43)) }) as const;
  giveToken(db, tokenOf("w"), ["write", "plan"]);
  giveToken(db, tokenOf("v"), ["approve"]);
  const change: TestChange = { op: "put", ns: "shop", key: "k", value: "three", if: -1 };
  const asked = (letter: string) => said(propose(db, [change], { door: "approve", by: by(letter) }));
  expect([asked("w"), asked("v")]).toEqual(["forbidden", "ok"]);
});
