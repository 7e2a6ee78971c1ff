import { describe, expect, test } from "vitest";
import { secretDigest } from "../../../lib/core/token.ts";
import { commitGroup } from "../../../lib/store/commit/group.ts";
import type { NodeDb } from "../../../lib/store/sqlite/driver-node.ts";
import {
  addNamespace,
  addPolicy,
  bootstrap,
  giveToken,
  type Options,
  proposalOf,
  propose,
  putReserved,
  T0,
  type TestChange,
  tokenOf,
} from "../../../testkit/proposals.ts";
import { openTestStore } from "../../../testkit/store.ts";

const WRITER = tokenOf("w");
const asWriter = {
  by: { kind: "token", accessor: WRITER.accessor, digest: secretDigest(WRITER.secret) },
} as const;

function openShop(verbs: readonly string[] = ["read", "write"], scope = "") {
  const { db } = openTestStore();
  bootstrap(db);
  for (const name of ["shop", "other"]) addNamespace(db, name);
  giveToken(db, WRITER, verbs, { namespace: "shop", scope });
  return db;
}

const put = (key: string, value = "1", more: Partial<TestChange> = {}): TestChange => ({
  op: "put",
  ns: "shop",
  key,
  value,
  if: -1,
  ...more,
});
const remove = (key: string): TestChange => ({ op: "delete", ns: "shop", key, if: -1 });

/** The code that it is refused with, or `ok`. */
const alone = (db: NodeDb, changes: readonly TestChange[], options: Options = asWriter) => {
  const made = propose(db, changes, options);
  return made.ok ? "ok" : made.code;
};
/** As a member of a group, which has statements of its own for one operation. */
const inGroup = (db: NodeDb, changes: readonly TestChange[], options: Options = asWriter) => {
  const proposals = [proposalOf(changes, options)];
  const [result] = commitGroup(db, [{ proposals, options: { accept: "anything" } }]);
  const made = result?.ok === true ? result.outcomes[0] : undefined;
  return made?.ok === false ? made.code : made && "ok";
};
const lastMeta = (db: NodeDb) => {
  const meta = db.all("select meta from commits order by revision desc limit 1")[0]?.[0];
  return meta == null ? null : JSON.parse(String(meta));
};

describe.each([
  { how: "alone", commit: alone },
  { how: "in a group", commit: inGroup },
])("the budgets of a commit, $how", ({ commit }) => {
  test("count the keys that change, and no check or put of what is there", () => {
    const db = openShop();
    commit(db, [put("same"), put("old")]);
    addPolicy(db, "shop", { budgets: { keysChanged: 1 } });
    const check = { op: "check", ns: "shop", key: "none", if: 0 } as const;
    expect(commit(db, [put("a"), put("same"), check])).toBe("ok");
    expect(commit(db, [put("b"), put("c")])).toBe("override_required");
    expect(commit(db, [put("b"), remove("old")])).toBe("override_required");
    expect(commit(db, [put("b")])).toBe("ok");
    addPolicy(db, "shop", { budgets: { keysChanged: 0 } });
    expect(commit(db, [put("d")])).toBe("override_required");
    expect(commit(db, [put("b")])).toBe("ok");
  });

  test("stop a commit that deletes most of a prefix", () => {
    const db = openShop();
    const keys = Array.from({ length: 10 }, (_, at) => `features/${at}`);
    commit(db, [...keys.map((key) => put(key)), put("features")]);
    addPolicy(db, "shop", { budgets: { keysDeleted: 2 } }, "features/");
    expect(commit(db, keys.slice(0, 8).map(remove))).toBe("override_required");
    expect(commit(db, [...keys.slice(0, 2), "features"].map(remove))).toBe("ok");
    expect(commit(db, [remove(keys[2] ?? ""), put(keys[3] ?? "", "2"), put("features/new")])).toBe("ok");
  });

  test("stop a commit that doubles the size of a document", () => {
    const db = openShop();
    commit(db, [put("routes", "x".repeat(1000)), put("small", "x")]);
    addPolicy(db, "shop", { budgets: { growthBytes: 500 } }, "routes");
    expect(commit(db, [put("routes", "x".repeat(2000))])).toBe("override_required");
    expect(commit(db, [put("routes", "x".repeat(1501))])).toBe("override_required");
    expect(commit(db, [put("routes", "y".repeat(1500)), put("small", "x".repeat(9000))])).toBe("ok");
    expect(commit(db, [put("routes", "")])).toBe("ok");
  });

  test("count what shrinks against what grows", () => {
    const db = openShop();
    commit(db, [put("a", "x".repeat(100)), put("b", "")]);
    addPolicy(db, "shop", { budgets: { growthBytes: 0 } });
    expect(commit(db, [put("b", "x")])).toBe("override_required");
    expect(commit(db, [put("b", "x".repeat(100)), remove("a")])).toBe("ok");
  });

  test.each([
    { name: "no bytes", before: "x", after: "", stopped: true },
    { name: "an empty object", before: '{"a":1}', after: "{ }", stopped: true },
    { name: "white space, which is long", before: "a: 1\n", after: "\n".repeat(2000), stopped: true },
    { name: "null", before: "[1]", after: "null", stopped: true },
    { name: "less", before: "abc", after: "a", stopped: false },
    { name: "a member of an empty value", before: "[1]", after: "[{}]", stopped: false },
    { name: "another empty value", before: "[]", after: "{}", stopped: false },
    { name: "no bytes of a text that is long", before: "x".repeat(70_000), after: "", stopped: true },
    { name: "bytes that are no text", before: "x", after: new Uint8Array([255]), stopped: false },
  ])("stop a commit that empties a file: $name", ({ before, after, stopped }) => {
    const db = openShop();
    commit(db, [put("file", before), put("empty", "")]);
    addPolicy(db, "shop", { budgets: { emptied: 0 } });
    expect(commit(db, [put("file", "", { value: after })])).toBe(stopped ? "override_required" : "ok");
    expect(commit(db, [put("empty", " ")])).toBe("ok");
    expect(commit(db, [put("new", "")])).toBe("ok");
    // That is a deletion, which has a budget of its own.
    expect(commit(db, [remove("file")])).toBe("ok");
  });

  test("are counted for each scope that covers a change, and all must hold", () => {
    const db = openShop();
    addPolicy(db, "shop", { budgets: { keysChanged: 3 } });
    addPolicy(db, "shop", { budgets: { keysChanged: 1 } }, "a/");
    addPolicy(db, "shop", { budgets: { keysChanged: 0 } }, "a/locked");
    expect(commit(db, [put("a/1"), put("b/1"), put("c")])).toBe("ok");
    expect(commit(db, [put("a/2"), put("a/3")])).toBe("override_required");
    expect(commit(db, [put("b/2"), put("b/3"), put("b/4"), put("b/5")])).toBe("override_required");
    expect(commit(db, [put("a/locked")])).toBe("override_required");
    expect(commit(db, [put("a/locked/inside")])).toBe("ok");
  });

  test("are those of the namespace that the change is in", () => {
    const db = openShop();
    addPolicy(db, "other", { budgets: { keysChanged: 0 } });
    addNamespace(db, "shop-2");
    addPolicy(db, "shop-2", { budgets: { keysChanged: 0 } });
    expect(commit(db, [put("a")])).toBe("ok");
    expect(commit(db, [put("b"), put("b", "1", { ns: "other" })], {})).toBe("policy_violation");
  });
});

describe("a freeze", () => {
  const window = {
    from: new Date(T0).toISOString(),
    until: new Date(T0 + 1000).toISOString(),
    reason: "Black Friday",
  };

  test("holds from its first millisecond until right before its last", () => {
    const db = openShop();
    addPolicy(db, "shop", { freeze: [window] }, "a/");
    const at = (nowMs: number, key = "a/1") => alone(db, [put(key, String(nowMs))], { ...asWriter, nowMs });
    expect([at(T0 - 1), at(T0), at(T0 + 999), at(T0 + 1000)]).toEqual(["ok", "frozen", "frozen", "ok"]);
    expect(at(T0, "b")).toBe("ok");
  });

  test("lets through what changes nothing, and says until when and why it stops the rest", () => {
    const db = openShop();
    alone(db, [put("a")]);
    addPolicy(db, "shop", {
      freeze: [{ ...window, until: window.from, from: "2020-01-01T00:00:00Z" }, window],
    });
    expect(alone(db, [put("a")])).toBe("ok");
    const made = propose(db, [put("a", "2")], asWriter);
    expect(made).toMatchObject({ code: "frozen", causes: [{ index: 0 }] });
    expect(made).toHaveProperty(
      "detail",
      expect.stringContaining(`shop is frozen until ${window.until}: Black Friday`),
    );
  });

  test("stops no change of settings, and no purge", () => {
    const db = openShop();
    alone(db, [put("a")]);
    addPolicy(db, "shop", { freeze: [window], budgets: { keysChanged: 0 } });
    expect(putReserved(db, "_system", "namespace/shop", '{"description":"x"}').ok).toBe(true);
    const erase = propose(db, [{ op: "erase", ns: "shop", key: "a", if: -1 }], { door: "admin" });
    expect(erase.ok).toBe(true);
  });
});

describe("an override", () => {
  const reason = { override: "an incident" };

  test("needs the verb over every scope that it would break", () => {
    const db = openShop(["read", "write"]);
    addPolicy(db, "shop", { budgets: { keysChanged: 0 } }, "a/");
    addPolicy(db, "shop", { budgets: { keysChanged: 1 } });
    expect(alone(db, [put("a/1")], { ...asWriter, ...reason })).toBe("override_required");
    const holder = tokenOf("h");
    giveToken(db, holder, ["write"], { namespace: "shop", scope: "" });
    const narrow = tokenOf("n");
    giveToken(db, narrow, ["write", "override"], { namespace: "shop", scope: "a/" });
    const as = (token: typeof holder) =>
      ({ by: { kind: "token", accessor: token.accessor, digest: secretDigest(token.secret) } }) as const;
    expect(alone(db, [put("a/1")], { ...as(holder), ...reason })).toBe("override_required");
    expect(alone(db, [put("a/1")], { ...as(narrow), ...reason })).toBe("ok");
    // The whole namespace's budget is not within its scope.
    const refused = propose(db, [put("a/2"), put("a/3")], { ...as(narrow), ...reason });
    expect(refused).toMatchObject({ code: "override_required" });
    expect(refused).toHaveProperty("detail", expect.stringContaining("the verb override over shop, which"));
  });

  test("needs a reason of whoever holds the verb", () => {
    const db = openShop(["write", "override"]);
    addPolicy(db, "shop", { budgets: { keysDeleted: 0 } });
    alone(db, [put("a")]);
    expect(propose(db, [remove("a")], asWriter)).toMatchObject({
      code: "policy_violation",
      members: { limit: 0, size: 1 },
      detail: expect.stringMatching(/keysDeleted 1, where shop allows 0.*with a reason/),
    });
    expect(alone(db, [remove("a")], { ...asWriter, ...reason })).toBe("ok");
  });

  test("stands in the commit with its reason and what it broke, if anything", () => {
    const db = openShop(["write", "override"]);
    addPolicy(db, "shop", { budgets: { keysDeleted: 0, keysChanged: 1 } });
    expect(alone(db, [put("a")], { ...asWriter, ...reason, meta: '{"ticket":"7"}' })).toBe("ok");
    expect(lastMeta(db)).toEqual({ ticket: "7" });
    alone(db, [put("b")], asWriter);
    expect(lastMeta(db)).toBe(null);
    const narrow = tokenOf("n");
    giveToken(db, narrow, ["write"]);
    const by = { kind: "token", accessor: narrow.accessor, digest: secretDigest(narrow.secret) } as const;
    expect(alone(db, [put("b", "2")], { by, ...reason })).toBe("ok");
    expect(lastMeta(db)).toBe(null);
    expect(alone(db, [remove("a"), remove("b")], { ...asWriter, ...reason, meta: '{"ticket":"7"}' })).toBe(
      "ok",
    );
    expect(lastMeta(db)).toEqual({
      ticket: "7",
      _override: "an incident",
      _overridden: "keysChanged 2, where shop allows 1; keysDeleted 2, where shop allows 0",
    });
  });

  test("of a repeat is answered like the first, and with another reason refused", () => {
    const db = openShop(["write", "override"]);
    addPolicy(db, "shop", { budgets: { keysChanged: 0 } });
    const first = { ...asWriter, ...reason, requestId: "r" };
    expect(alone(db, [put("a")], { ...first, meta: "{}" })).toBe("ok");
    expect(propose(db, [put("a")], { ...first, meta: "{}" })).toMatchObject({ ok: true, replayed: true });
    expect(alone(db, [put("a")], { ...first, override: "another" })).toBe("idempotency_mismatch");
    expect(alone(db, [put("a")], { ...asWriter, requestId: "r" })).toBe("idempotency_mismatch");
    expect(alone(db, [put("a")], { ...first, meta: '{"a":"b"}' })).toBe("idempotency_mismatch");
    // Where it was not needed it is not known.
    addPolicy(db, "shop", {});
    expect(alone(db, [put("b")], { ...first, requestId: "s" })).toBe("ok");
    expect(propose(db, [put("b")], { ...asWriter, requestId: "s" })).toMatchObject({ replayed: true });
  });
});

describe("the documents of policies", () => {
  test.each([
    { name: "an unknown member", key: "policy/shop/", json: '{"limits":{}}' },
    { name: "an unknown budget", key: "policy/shop/", json: '{"budgets":{"keys":1}}' },
    { name: "a budget below 0", key: "policy/shop/", json: '{"budgets":{"emptied":-1}}' },
    {
      name: "a freeze without a reason",
      key: "policy/shop/",
      json: `{"freeze":[{"from":"2027-01-01T00:00:00Z","until":"2027-01-02T00:00:00Z"}]}`,
    },
    {
      name: "a freeze that ends before it begins",
      key: "policy/shop/",
      json: `{"freeze":[{"from":"2027-01-02T00:00:00Z","until":"2027-01-01T00:00:00Z","reason":"x"}]}`,
    },
    { name: "no scope", key: "policy/shop", json: "{}" },
    { name: "a namespace of Ledge's own", key: "policy/_auth/", json: "{}" },
    { name: "a scope that is no key", key: `policy/shop/${"x".repeat(901)}`, json: "{}" },
  ])("are refused with $name", ({ key, json }) => {
    const db = openShop();
    const made = putReserved(db, "_system", key, json);
    expect(made).toMatchObject({ code: "invalid_body" });
  });

  test("keep their namespace, whose name would come back under them", () => {
    const db = openShop();
    addPolicy(db, "other", {}, "a/");
    const end = () =>
      propose(db, [{ op: "delete", ns: "_system", key: "namespace/other", if: -1 }], { door: "admin" });
    expect(end()).toMatchObject({ code: "in_use" });
    const policy = { op: "delete", ns: "_system", key: "policy/other/a/", if: -1 } as const;
    expect(propose(db, [policy], { door: "admin" }).ok).toBe(true);
    expect(end().ok).toBe(true);
  });

  test("are changed by who administers the whole namespace", () => {
    const change = (verbs: string[], scope: string) => {
      const db = openShop(verbs, scope);
      const made = putReserved(db, "_system", "policy/shop/a/", "{}", asWriter);
      return made.ok ? "ok" : made.code;
    };
    expect(change(["admin"], "")).toBe("ok");
    expect(change(["admin"], "a/")).toBe("forbidden");
    expect(change(["write", "override"], "")).toBe("forbidden");
  });
});
