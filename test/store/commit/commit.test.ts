import { describe, expect, test } from "vitest";
import type { ProposedOp, Proposer } from "../../../lib/core/commit/proposal.ts";
import type { CommitOutcome } from "../../../lib/core/commit/verdict.ts";
import { commit, commitAll } from "../../../lib/store/commit/commit.ts";
import { type Db, StoreFault } from "../../../lib/store/sqlite/driver.ts";
import {
  accessorOf,
  addNamespace,
  bootstrap,
  type Options,
  proposalOf,
  propose,
  putReserved,
  T0,
  type TestChange,
  tokenDocument,
} from "../../../testkit/proposals.ts";
import { openTestStore } from "../../../testkit/store.ts";

/** A store with a root token and the namespace `shop`. */
function openShop() {
  const store = openTestStore();
  bootstrap(store.db);
  addNamespace(store.db, "shop");
  return store;
}

function refused(outcome: CommitOutcome): string {
  return outcome.ok ? `accepted ${outcome.revision}` : outcome.code;
}

/** Adds a token with these grants and answers who it is. */
function addToken(
  db: ReturnType<typeof openShop>["db"],
  n: number,
  grants: unknown,
  over: Record<string, unknown> = {},
): Proposer {
  const accessor = accessorOf(n);
  const digest = n.toString(16).repeat(64).slice(0, 64);
  const made = putReserved(
    db,
    "_auth",
    `token/${accessor}`,
    tokenDocument({ digest, grants, creator: "aaaaaaaaaaaa", ...over }),
  );
  if (!made.ok) throw new Error(`token ${n}: ${made.code}`);
  return { kind: "token", accessor, digest };
}

describe("propose", () => {
  test("gives each commit the next revision, its changes, its usage and its document", () => {
    const { db } = openShop();
    const first = propose(
      db,
      [
        { op: "put", ns: "shop", key: "a", value: "1" },
        { op: "put", ns: "shop", key: "b", value: "two" },
      ],
      { message: "why", requestId: "r1" },
    );
    expect(first).toMatchObject({
      ok: true,
      revision: 3,
      unchanged: false,
      results: [{ result: "created" }, { result: "created" }],
    });
    const second = propose(db, [
      { op: "put", ns: "shop", key: "a", value: "11", if: 3 },
      { op: "delete", ns: "shop", key: "b", if: 3 },
      { op: "check", ns: "shop", key: "c", if: 0 },
    ]);
    expect(second).toMatchObject({
      ok: true,
      revision: 4,
      results: [
        { result: "changed", revision: 4 },
        { result: "deleted", revision: 4 },
        { result: "checked", revision: 0 },
      ],
    });
    expect(db.all("select keys, bytes from usage where namespace='shop'")).toEqual([[1, 2]]);
    expect(
      db.all("select changes, message, actor from commits where revision>=3 order by revision desc"),
    ).toEqual([
      [2, null, "aaaaaaaaaaaa"],
      [2, "why", "aaaaaaaaaaaa"],
    ]);
    expect(db.all("select version, created_revision from entry where namespace='shop'")).toEqual([[2, 3]]);
  });

  test("drops what alters nothing, and makes no revision when nothing is left", () => {
    const { db } = openShop();
    propose(db, [{ op: "put", ns: "shop", key: "a", value: "1" }]);
    const same = propose(db, [{ op: "put", ns: "shop", key: "a", value: "1", if: 3 }], { requestId: "x" });
    expect(same).toMatchObject({
      ok: true,
      unchanged: true,
      replayed: false,
      revision: 3,
      results: [{ result: "unchanged", revision: 3 }],
    });
    const half = propose(db, [
      { op: "put", ns: "shop", key: "a", value: "1", if: -1 },
      { op: "put", ns: "shop", key: "b", value: "" },
    ]);
    expect(half).toMatchObject({
      ok: true,
      revision: 4,
      results: [{ result: "unchanged", revision: 3 }, { result: "created" }],
    });
    expect(db.all("select key from change where revision=4")).toEqual([["b"]]);
    // Another media type is another document, even with the same bytes.
    expect(
      propose(db, [{ op: "put", ns: "shop", key: "a", value: "1", type: "text/css", if: 3 }]),
    ).toMatchObject({ revision: 5 });
  });

  test("keeps empty values, binary values and NUL bytes as they are", () => {
    const { db } = openShop();
    const bytes = Uint8Array.from([0, 255, 0, 1]);
    propose(db, [
      { op: "put", ns: "shop", key: "bin", value: bytes },
      { op: "put", ns: "shop", key: "empty", value: "" },
      { op: "put", ns: "shop", key: "nul", value: "a\u0000b" },
    ]);
    expect(db.all("select key, value, text, size from entry where namespace='shop' order by key")).toEqual([
      ["bin", bytes, 0, 4],
      ["empty", new Uint8Array(), 1, 0],
      ["nul", Uint8Array.from([97, 0, 98]), 1, 3],
    ]);
  });
});

const put = (over: Partial<TestChange> = {}): TestChange => ({
  op: "put",
  ns: "shop",
  key: "k",
  value: "v",
  ...over,
});

describe("a malformed proposal", () => {
  const cases: { name: string; changes: TestChange[]; code: string; options?: Options }[] = [
    { name: "no change at all", changes: [], code: "invalid_body" },
    { name: "the same key twice", changes: [put(), put({ value: "w" })], code: "duplicate_change" },
    {
      name: "1,001 changes",
      changes: Array.from({ length: 1001 }, (_, n) => put({ key: `k${n}` })),
      code: "too_many_changes",
    },
    { name: "a value over 1 MiB", changes: [put({ value: new Uint8Array(1_048_577) })], code: "too_large" },
    {
      name: "values over 2 MiB together",
      changes: [1, 2, 3].map((n) => put({ key: `${n}`, value: new Uint8Array(900_000) })),
      code: "too_large",
    },
    { name: "an empty key", changes: [put({ key: "" })], code: "bad_key" },
    { name: "a key of 1,025 bytes", changes: [put({ key: `${"é".repeat(512)}x` })], code: "bad_key" },
    { name: "a control character", changes: [put({ key: "a\u0001" })], code: "bad_key" },
    { name: "DEL in a key", changes: [put({ key: "a\u007fb" })], code: "bad_key" },
    { name: "NUL in a key", changes: [put({ key: "a\u0000b" })], code: "bad_key" },
    { name: "a namespace with capitals", changes: [put({ ns: "Shop" })], code: "bad_namespace" },
    { name: "a namespace that begins with a dash", changes: [put({ ns: "-shop" })], code: "bad_namespace" },
    { name: "a namespace of 64 characters", changes: [put({ ns: "a".repeat(64) })], code: "bad_namespace" },
    { name: "another reserved namespace", changes: [put({ ns: "_other" })], code: "bad_namespace" },
    {
      name: "a check without a revision",
      changes: [{ op: "check", ns: "shop", key: "k" }],
      code: "invalid_body",
    },
    {
      name: "a check of any",
      changes: [{ op: "check", ns: "shop", key: "k", if: -1 }],
      code: "invalid_body",
    },
  ];
  for (const { name, changes, code, options } of cases) {
    test(`with ${name} is refused as ${code}, and nothing changes`, () => {
      const { db } = openShop();
      expect(refused(propose(db, changes, options))).toBe(code);
      expect(db.all("select revision from store")).toEqual([[2]]);
    });
  }

  test("at the limits exactly is accepted", () => {
    const { db } = openShop();
    const long = "a".repeat(1024);
    expect(
      propose(db, [
        put({ key: long, value: new Uint8Array(1_048_576) }),
        put({ value: new Uint8Array(1_048_576) }),
      ]).ok,
    ).toBe(true);
    addNamespace(db, "a".repeat(63));
    expect(
      propose(
        db,
        Array.from({ length: 1000 }, (_, n) => put({ key: `n${n}` })),
      ).ok,
    ).toBe(true);
  });

  test("with an unknown op, a coerced column or a slice beyond the body: no revision", () => {
    const { db } = openShop();
    const whole = { op: "put", namespace: "shop", key: "k", mediaType: "a/b", at: 0, size: 0, text: true };
    const ops: Record<string, unknown>[] = [
      { op: "upsert" },
      { key: 7 },
      { size: 1 },
      { mediaType: null },
      { op: "delete" },
      { ifRevision: "1" },
      { ifRevision: -2 },
      { ifLineage: "abc" },
      { at: -1 },
      { at: 0.5 },
    ];
    for (const wrong of ops) {
      const op = { ...whole, ifRevision: null, ifLineage: null, ...wrong };
      // What no type lets through: the store must not take it from a careless caller either.
      const proposal = { ...proposalOf([put()]), ops: [op as unknown as ProposedOp], body: new Uint8Array() };
      expect([wrong, refused(commit(db, proposal))]).toEqual([wrong, "invalid_body"]);
    }
    expect(db.all("select revision from store")).toEqual([[2]]);
  });
});

describe("a condition", () => {
  test("is needed to change or delete what is there, and not to create", () => {
    const { db } = openShop();
    expect(propose(db, [put()]).ok).toBe(true);
    expect(refused(propose(db, [put({ value: "w" })]))).toBe("precondition_required");
    expect(refused(propose(db, [{ op: "delete", ns: "shop", key: "k" }]))).toBe("precondition_required");
    expect(propose(db, [put({ value: "w", if: -1 })]).ok).toBe(true);
  });

  test("is not needed where the namespace allows blind writes", () => {
    const { db } = openShop();
    addNamespace(db, "blind", { blindWrites: true });
    propose(db, [put({ ns: "blind" })]);
    expect(propose(db, [put({ ns: "blind", value: "w" })]).ok).toBe(true);
  });

  test("that does not hold names each operation with the present revision and ETag", () => {
    const { db } = openShop();
    propose(db, [put(), put({ key: "l" })]);
    const lineage = String(db.all("select substr(lineage,1,8) from store")[0]?.[0]);
    const stale = propose(db, [
      put({ value: "w", if: 2 }),
      put({ key: "new" }),
      put({ key: "gone", if: 9 }),
      put({ key: "l", value: "x", if: 3, lineage: "00000000" }),
    ]);
    expect(stale).toEqual({
      ok: false,
      code: "stale",
      causes: [
        { index: 0, revision: 3, etag: `"3-${lineage}"` },
        { index: 2, revision: 0, etag: null },
        { index: 3, revision: 3, etag: `"3-${lineage}"` },
      ],
    });
    expect(propose(db, [put({ value: "w", if: 0 })])).toMatchObject({
      code: "exists",
      causes: [{ index: 0, revision: 3 }],
    });
    expect(refused(propose(db, [{ op: "delete", ns: "shop", key: "none", if: -1 }]))).toBe("not_found");
    expect(refused(propose(db, [put({ key: "n" }), { op: "check", ns: "shop", key: "k", if: 0 }]))).toBe(
      "exists",
    );
    expect(db.all("select revision from store")).toEqual([[3]]);
  });
});

describe("a request id", () => {
  test("said again with the same content gives the first answer and no second commit", () => {
    const { db } = openShop();
    propose(db, [put({ key: "old" })]);
    const changes = [
      put(),
      put({ key: "old", if: 3 }),
      { op: "check", ns: "shop", key: "none", if: 0 } as const,
    ];
    const first = propose(db, changes, { requestId: "r" });
    propose(db, [put({ value: "later", if: 4 })]);
    const again = propose(db, changes, { requestId: "r", nowMs: T0 + 5 });
    expect(again).toEqual({ ...first, replayed: true });
    expect(db.all("select revision from store")).toEqual([[5]]);
  });

  test("said again with other content is refused", () => {
    const { db } = openShop();
    propose(db, [put(), put({ key: "l" })], { requestId: "r" });
    const others = [
      [put({ value: "w", if: -1 }), put({ key: "l", if: -1 })],
      [put({ if: -1 })],
      [put({ if: -1 }), put({ key: "m" })],
      [put({ type: "text/css", if: -1 }), put({ key: "l", if: -1 })],
      [{ op: "delete", ns: "shop", key: "k", if: -1 } as const, put({ key: "l", if: -1 })],
    ];
    for (const other of others)
      expect(refused(propose(db, other, { requestId: "r" }))).toBe("idempotency_mismatch");
  });

  test.each([
    { name: "another message", words: { message: "why not", author: "kim", meta: '{"a":"1"}' } },
    { name: "no message", words: { author: "kim", meta: '{"a":"1"}' } },
    { name: "another author", words: { message: "why", author: "lee", meta: '{"a":"1"}' } },
    { name: "other meta", words: { message: "why", author: "kim" } },
  ])("said again with $name is refused", ({ words }) => {
    const { db } = openShop();
    const first = { requestId: "r", message: "why", author: "kim", meta: '{"a":"1"}' };
    propose(db, [put()], first);
    expect(refused(propose(db, [put()], { requestId: "r", ...words }))).toBe("idempotency_mismatch");
    expect(propose(db, [put()], first)).toMatchObject({ ok: true, replayed: true });
  });

  test("belongs to its actor", () => {
    const { db } = openShop();
    const other = addToken(db, 1, [{ verbs: ["write"], namespace: "shop", scope: "" }]);
    propose(db, [put()], { requestId: "r" });
    expect(propose(db, [put({ key: "other" })], { requestId: "r", by: other })).toMatchObject({
      ok: true,
      replayed: false,
    });
  });

  test("replays a delete", () => {
    const { db } = openShop();
    propose(db, [put()]);
    const gone = propose(db, [{ op: "delete", ns: "shop", key: "k", if: 3 }], { requestId: "d" });
    expect(propose(db, [{ op: "delete", ns: "shop", key: "k", if: 3 }], { requestId: "d" })).toEqual({
      ...gone,
      replayed: true,
    });
  });

  test("repeated with an operation more or less is refused; a check or same put counts", () => {
    const { db } = openShop();
    propose(db, [put({ key: "old" }), put({ key: "other" })]);
    const changes: TestChange[] = [
      put(),
      put({ key: "old", if: 3 }),
      { op: "check", ns: "shop", key: "none", if: 0 },
    ];
    propose(db, changes, { requestId: "r" });
    const others: TestChange[][] = [
      [...changes, { op: "check", ns: "shop", key: "other", if: 3 }],
      [...changes, put({ key: "other", if: 3 })],
      changes.slice(0, 2),
      [put(), { op: "check", ns: "shop", key: "none", if: 0 }],
      [
        put(),
        { op: "check", ns: "shop", key: "old", if: 3 },
        { op: "check", ns: "shop", key: "none", if: 0 },
      ],
      [put(), put({ key: "old", value: "w", if: 3 }), { op: "check", ns: "shop", key: "none", if: 0 }],
    ];
    for (const other of others)
      expect(refused(propose(db, other, { requestId: "r" }))).toBe("idempotency_mismatch");
    expect(propose(db, changes, { requestId: "r" })).toMatchObject({ ok: true, replayed: true });
  });

  test("is answered only to who may do it all: a repeat tells nothing of a foreign key", () => {
    const { db } = openShop();
    propose(db, [put({ key: "b", value: "secret" })]);
    const by = addToken(db, 1, [{ verbs: ["write"], namespace: "shop", scope: "a/" }]);
    const first = [put({ key: "a/1" })];
    expect(propose(db, first, { by, requestId: "r" }).ok).toBe(true);
    for (const more of [
      put({ key: "b", value: "secret", if: -1 }),
      put({ key: "b", value: "guess", if: -1 }),
      { op: "check", ns: "shop", key: "b", if: 3 } as const,
    ])
      expect(propose(db, [...first, more], { by, requestId: "r" })).toEqual({
        ok: false,
        code: "forbidden",
        causes: [{ index: 1, revision: 0, etag: null }],
      });
    expect(refused(propose(db, first, { requestId: "r" }))).toBe("precondition_required");
  });

  test("of a commit made before what it named was kept is told by its changes", () => {
    const { db } = openShop();
    const changes = [put(), { op: "check", ns: "shop", key: "none", if: 0 } as const];
    propose(db, changes, { requestId: "r" });
    db.all("update commits set rest=null");
    expect(propose(db, changes, { requestId: "r" })).toMatchObject({ ok: true, replayed: true });
    expect(refused(propose(db, [put({ value: "w", if: -1 })], { requestId: "r" }))).toBe(
      "idempotency_mismatch",
    );
  });
});

describe("a token", () => {
  test("must be known, with its digest, unrevoked and unexpired to the millisecond", () => {
    const { db } = openShop();
    const short = addToken(db, 1, [{ verbs: ["write"], namespace: "shop", scope: "" }], {
      expiresMs: T0 + 10,
    });
    expect(
      refused(
        propose(db, [put()], { by: { kind: "token", accessor: "zzzzzzzzzzzz", digest: "a".repeat(64) } }),
      ),
    ).toBe("bad_token");
    expect(
      refused(
        propose(db, [put()], { by: { kind: "token", accessor: "aaaaaaaaaaaa", digest: "b".repeat(64) } }),
      ),
    ).toBe("bad_token");
    expect(refused(propose(db, [put()], { by: short, nowMs: T0 + 10 }))).toBe("token_expired");
    expect(propose(db, [put()], { by: short, nowMs: T0 + 9 }).ok).toBe(true);
  });

  test("writes only inside its grants: `a` gives no `ab`, `*` no reserved namespace", () => {
    const { db } = openShop();
    addNamespace(db, "other");
    const by = addToken(db, 1, [
      { verbs: ["write"], namespace: "shop", scope: "a" },
      { verbs: ["write"], namespace: "shop", scope: "p/" },
      { verbs: ["read"], namespace: "shop", scope: "" },
    ]);
    for (const key of ["a", "p/", "p/x"]) expect(propose(db, [put({ key })], { by }).ok).toBe(true);
    for (const key of ["ab", "a/b", "p", "px"])
      expect(refused(propose(db, [put({ key })], { by }))).toBe("forbidden");
    expect(refused(propose(db, [put({ ns: "other", key: "a" })], { by }))).toBe("forbidden");
    expect(refused(propose(db, [put({ ns: "_system", key: "mode" })]))).toBe("reserved_namespace");
    expect(propose(db, [put({ key: "p/y" }), { op: "check", ns: "shop", key: "ab", if: 0 }], { by }).ok).toBe(
      true,
    );
    const star = addToken(db, 2, [{ verbs: ["write"], namespace: "*", scope: "" }]);
    expect(propose(db, [put({ ns: "other" })], { by: star }).ok).toBe(true);
    expect(refused(putReserved(db, "_system", "namespace/x", "{}", { by: star }))).toBe("forbidden");
    expect(refused(putReserved(db, "_auth", "token/cccccccccccc", tokenDocument(), { by: star }))).toBe(
      "forbidden",
    );
  });

  test("gives no more than its giver holds with admin", () => {
    const { db } = openShop();
    const by = addToken(db, 1, [
      { verbs: ["admin", "read"], namespace: "shop", scope: "" },
      { verbs: ["write"], namespace: "shop", scope: "" },
      { verbs: ["read"], namespace: "*", scope: "" },
    ]);
    const give = (n: number, grants: unknown) =>
      refused(
        putReserved(
          db,
          "_auth",
          `token/${accessorOf(n)}`,
          tokenDocument({ grants, creator: accessorOf(1) }),
          { by },
        ),
      );
    expect(give(2, [{ verbs: ["read", "write"], namespace: "shop", scope: "x/" }])).toMatch(/accepted/);
    expect(give(3, [{ verbs: ["history"], namespace: "shop", scope: "" }])).toBe("escalation");
    expect(give(4, [{ verbs: ["read"], namespace: "*", scope: "" }])).toBe("escalation");
    expect(give(5, [{ verbs: ["read"], namespace: "other", scope: "" }])).toBe("escalation");
    expect(refused(putReserved(db, "_system", "namespace/n", "{}", { by }))).toBe("forbidden");
  });

  test("gives for no longer than its giver holds, and rotates nothing that outlives it", () => {
    const { db } = openShop();
    const grants = [{ verbs: ["admin", "write"], namespace: "shop", scope: "" }];
    const by = addToken(db, 1, grants, { expiresMs: T0 + 8000 });
    addToken(db, 2, grants);
    const give = (n: number, over: Record<string, unknown>) =>
      refused(
        putReserved(
          db,
          "_auth",
          `token/${accessorOf(n)}`,
          tokenDocument({ grants, creator: accessorOf(1), ...over }),
          { by },
        ),
      );
    expect(give(3, { expiresMs: null })).toBe("escalation");
    expect(give(3, { expiresMs: T0 + 8001 })).toBe("escalation");
    expect(give(3, { expiresMs: T0 + 8000 })).toMatch(/accepted/);
    // Another secret for a token that never ends would be one, too; ending it is not.
    expect(give(2, { creator: "aaaaaaaaaaaa", digest: "c".repeat(64) })).toBe("escalation");
    expect(give(2, { creator: "aaaaaaaaaaaa", digest: "2".repeat(64), revokedMs: T0 })).toMatch(/accepted/);
  });

  test("comes from whoever gives it another secret, and from nobody else", () => {
    const { db } = openShop();
    const grants = [{ verbs: ["admin", "write"], namespace: "shop", scope: "" }];
    const by = addToken(db, 1, grants);
    addToken(db, 2, grants);
    const key = `token/${accessorOf(2)}`;
    const put = (over: Record<string, unknown>) =>
      putReserved(db, "_auth", key, tokenDocument({ grants, ...over }), { by });
    const digest = "c".repeat(64);
    expect(refused(put({ creator: accessorOf(3), digest }))).toBe("exists");
    expect(refused(put({ creator: accessorOf(1), digest: "2".repeat(64) }))).toBe("exists");
    expect(put({ creator: accessorOf(1), digest }).ok).toBe(true);
  });

  test("with a taken accessor is refused alike for all, and tells nothing of the other", () => {
    const { db } = openShop();
    addToken(db, 1, [{ verbs: ["read"], namespace: "*", scope: "" }]);
    const by = addToken(db, 2, [{ verbs: ["admin", "read"], namespace: "shop", scope: "" }]);
    const mine = tokenDocument({
      grants: [{ verbs: ["read"], namespace: "shop", scope: "" }],
      creator: accessorOf(2),
    });
    const taken = [{ op: "put", ns: "_auth", key: `token/${accessorOf(1)}`, value: mine } as const].map(
      (change): TestChange => ({ ...change, type: "application/json", if: 0 }),
    );
    for (const options of [{ by }, {}])
      expect(propose(db, taken, { door: "admin", ...options })).toEqual({
        ok: false,
        code: "exists",
        causes: [{ index: 0, revision: 0, etag: null }],
      });
  });

  test("once revoked never comes back, and an accessor is never used for another", () => {
    const { db } = openShop();
    const grants = [{ verbs: ["write"], namespace: "shop", scope: "" }];
    addToken(db, 1, grants);
    const doc = (over: object) => tokenDocument({ grants, creator: "aaaaaaaaaaaa", ...over });
    const key = `token/${accessorOf(1)}`;
    expect(
      refused(
        putReserved(db, "_auth", key, doc({ grants: [{ verbs: ["read"], namespace: "shop", scope: "" }] })),
      ),
    ).toBe("exists");
    expect(putReserved(db, "_auth", key, doc({ digest: "c".repeat(64) })).ok).toBe(true);
    expect(putReserved(db, "_auth", key, doc({ revokedMs: T0 })).ok).toBe(true);
    expect(refused(putReserved(db, "_auth", key, doc({})))).toBe("exists");
    expect(refused(propose(db, [{ op: "delete", ns: "_auth", key, if: -1 }], { door: "admin" }))).toBe(
      "invalid_body",
    );
  });

  test("the last root stays", () => {
    const { db } = openShop();
    expect(refused(putReserved(db, "_auth", "token/aaaaaaaaaaaa", tokenDocument({ revokedMs: T0 })))).toBe(
      "in_use",
    );
    addToken(db, 2, [{ verbs: ["admin"], namespace: "*", scope: "" }]);
    expect(putReserved(db, "_auth", "token/aaaaaaaaaaaa", tokenDocument({ revokedMs: T0 })).ok).toBe(true);
  });
});

describe("reserved documents", () => {
  test("are refused in any other shape", () => {
    const { db } = openShop();
    const bad = [
      "",
      "[]",
      "{",
      '{"name":1}',
      tokenDocument({ extra: 1 }),
      tokenDocument({ expiresMs: "2030" }),
      tokenDocument({ digest: "A".repeat(64) }),
      tokenDocument({ name: "_x" }),
      tokenDocument({ grants: [] }),
      tokenDocument({ grants: [{ verbs: ["fly"], namespace: "shop", scope: "" }] }),
      tokenDocument({ grants: [{ verbs: ["read"], namespace: "_auth", scope: "" }] }),
      tokenDocument({ grants: [{ verbs: ["read"], namespace: "shop" }] }),
    ];
    for (const value of bad)
      expect([value, refused(putReserved(db, "_auth", "token/bbbbbbbbbbbb", value))]).toEqual([
        value,
        "invalid_body",
      ]);
    for (const key of ["token/BBBBBBBBBBBB", "token/bbb", "other"])
      expect(refused(putReserved(db, "_auth", key, tokenDocument()))).toBe("invalid_body");
    for (const [key, value] of [
      ["namespace/x", '{"keep":1}'],
      ["namespace/x", '{"public":1}'],
      ["namespace/X", "{}"],
      ["namespace/", "{}"],
      ["mode", '{"mode":"x"}'],
      ["what", "{}"],
      ["namespace/x", '{"quota":{"keys":-1}}'],
    ] as const) {
      expect([key, value, refused(putReserved(db, "_system", key, value))]).toEqual([
        key,
        value,
        "invalid_body",
      ]);
    }
  });

  test("namespaces must exist, go only when unused, and never return over their history", () => {
    const { db } = openShop();
    expect(refused(propose(db, [put({ ns: "none" })]))).toBe("namespace_not_found");
    propose(db, [put()]);
    const remove = () =>
      refused(
        propose(db, [{ op: "delete", ns: "_system", key: "namespace/shop", if: -1 }], { door: "admin" }),
      );
    expect(remove()).toBe("not_empty");
    propose(db, [{ op: "delete", ns: "shop", key: "k", if: -1 }]);
    const by = addToken(db, 1, [{ verbs: ["write"], namespace: "shop", scope: "" }]);
    expect(remove()).toBe("in_use");
    putReserved(
      db,
      "_auth",
      `token/${accessorOf(1)}`,
      tokenDocument({
        digest: by.kind === "token" ? by.digest : "",
        grants: [{ verbs: ["write"], namespace: "shop", scope: "" }],
        creator: "aaaaaaaaaaaa",
        revokedMs: T0,
      }),
    );
    expect(remove()).toMatch(/accepted/);
    expect(refused(putReserved(db, "_system", "namespace/shop", "{}"))).toBe("in_use");
    addNamespace(db, "fresh");
    expect(
      propose(db, [{ op: "delete", ns: "_system", key: "namespace/fresh", if: -1 }], { door: "admin" }).ok,
    ).toBe(true);
    expect(putReserved(db, "_system", "namespace/fresh", "{}").ok).toBe(true);
  });

  test("read-only mode refuses all but its own end", () => {
    const { db } = openShop();
    expect(putReserved(db, "_system", "mode", '{"mode":"read_only"}').ok).toBe(true);
    expect(refused(propose(db, [put()]))).toBe("read_only");
    expect(refused(putReserved(db, "_system", "namespace/x", "{}"))).toBe("read_only");
    expect(putReserved(db, "_system", "mode", '{"mode":"open"}').ok).toBe(true);
    expect(propose(db, [put()]).ok).toBe(true);
  });

  test("a message is demanded where the namespace says so", () => {
    const { db } = openShop();
    addNamespace(db, "audited", { messageRequired: true });
    expect(propose(db, [put(), put({ ns: "audited" })])).toMatchObject({
      code: "message_required",
      causes: [{ index: 1 }],
    });
    expect(propose(db, [put({ ns: "audited" })], { message: "because" }).ok).toBe(true);
  });

  test("a quota holds over keys and bytes, and never stops shrinking", () => {
    const { db } = openShop();
    addNamespace(db, "small", { quota: { keys: 2, bytes: 10 } });
    const small = (key: string, value: string, more: Partial<TestChange> = {}) =>
      put({ ns: "small", key, value, ...more });
    expect(propose(db, [small("a", "12345"), small("b", "12345")]).ok).toBe(true);
    expect(refused(propose(db, [small("c", "")]))).toBe("quota_exceeded");
    expect(refused(propose(db, [small("a", "123456", { if: -1 })]))).toBe("quota_exceeded");
    expect(propose(db, [small("a", "1234567", { if: -1 }), small("b", "123", { if: -1 })]).ok).toBe(true);
    putReserved(db, "_system", "namespace/small", '{"quota":{"keys":0,"bytes":0}}');
    expect(propose(db, [small("a", "1", { if: -1 })]).ok).toBe(true);
    expect(propose(db, [{ op: "delete", ns: "small", key: "b", if: -1 }]).ok).toBe(true);
  });

  test("bootstrap makes one root token, once", () => {
    const { db } = openTestStore();
    const by: Proposer = { kind: "reserved", actor: "_bootstrap" };
    expect(refused(putReserved(db, "_system", "namespace/x", "{}", { by }))).toBe("forbidden");
    expect(
      refused(
        putReserved(
          db,
          "_auth",
          "token/aaaaaaaaaaaa",
          tokenDocument({ grants: [{ verbs: ["read"], namespace: "*", scope: "" }] }),
          { by },
        ),
      ),
    ).toBe("in_use");
    bootstrap(db);
    expect(refused(putReserved(db, "_auth", "token/bbbbbbbbbbbb", tokenDocument(), { by }))).toBe(
      "bootstrap_done",
    );
    expect(refused(propose(db, [put()], { by: { kind: "reserved", actor: "_bootstrap" } }))).toBe(
      "bootstrap_done",
    );
  });
});

describe("the tables", () => {
  test("keep values in ordinary rowid tables, as blobs only", () => {
    const { db } = openShop();
    const made = db.all("select name, sql from sqlite_schema where name in ('entry','change')");
    for (const [name, sql] of made)
      expect([name, /without rowid/i.test(String(sql)), /value blob/.test(String(sql))]).toEqual([
        name,
        false,
        true,
      ]);
    expect(() => db.all("update entry set value='text'")).toThrow();
    propose(db, [put({ value: "1", type: "application/json" })]);
    expect(db.all("select distinct typeof(value) from change")).toEqual([["blob"]]);
  });

  test("refuse a grant's scope over 900 bytes, and a key with an encoded surrogate", () => {
    const { db } = openShop();
    const grants = (scope: string) =>
      tokenDocument({ grants: [{ verbs: ["read"], namespace: "shop", scope }], creator: "aaaaaaaaaaaa" });
    expect(refused(putReserved(db, "_auth", "token/bbbbbbbbbbbb", grants("é".repeat(450))))).toMatch(
      /accepted/,
    );
    expect(refused(putReserved(db, "_auth", "token/cccccccccccc", grants(`${"é".repeat(450)}x`)))).toBe(
      "invalid_body",
    );
    expect(refused(propose(db, [put({ key: "\ud800" })]))).toBe("bad_key");
  });
});

describe("the store's state", () => {
  test("refuses commits while restoring or stopped", () => {
    const { db } = openShop();
    db.all("update store set state='restoring'");
    expect(refused(propose(db, [put()]))).toBe("not_ready");
    db.all("update store set state='stopped'");
    expect(refused(propose(db, [put()]))).toBe("read_only");
  });

  test("opens the pending epoch with the first commit after a restore", () => {
    const { db } = openShop();
    const first = 2 ** 40 + 12345;
    const before = String(db.all("select lineage from store")[0]?.[0]);
    db.all("update store set pending_lineage=?, pending_epoch=1, pending_first=?", ["f".repeat(32), first]);
    expect(propose(db, [{ op: "check", ns: "shop", key: "k", if: 0 }])).toMatchObject({
      unchanged: true,
      revision: 2,
    });
    expect(propose(db, [put()])).toMatchObject({
      ok: true,
      revision: first,
      lineage: "f".repeat(32),
      results: [{ etag: `"${first}-ffffffff"` }],
    });
    expect(propose(db, [put({ key: "l" })])).toMatchObject({ revision: first + 1 });
    expect(
      db.all("select epoch, lineage, first_revision, parent, parent_revision from lineage order by epoch"),
    ).toEqual([
      [0, before, 1, null, null],
      [1, "f".repeat(32), first, before, 2],
    ]);
    expect(db.all("select epoch, first_revision, pending_lineage from store")).toEqual([[1, first, null]]);
  });
});

describe("several proposals", () => {
  test("stand together or not at all", () => {
    const { db } = openShop();
    const both = commitAll(db, [proposalOf([put()]), proposalOf([put({ key: "l" })])]);
    expect(both).toMatchObject([{ revision: 3 }, { revision: 4 }]);
    const half = commitAll(db, [proposalOf([put({ key: "m" })]), proposalOf([put({ key: "k" })])]);
    expect(half).toMatchObject([{ ok: true }, { ok: false, code: "precondition_required" }]);
    expect(db.all("select revision from store")).toEqual([[4]]);
    expect(db.all("select key from entry where namespace='shop' order by key")).toEqual([["k"], ["l"]]);
  });

  test("see what the ones before them did", () => {
    const { db } = openShop();
    const outcomes = commitAll(db, [proposalOf([put()]), proposalOf([put({ value: "w", if: 3 })])]);
    expect(outcomes).toMatchObject([{ revision: 3 }, { revision: 4, results: [{ result: "changed" }] }]);
  });
});

describe("a transaction", () => {
  /** A database whose nth statement from now on fails as SQLite would. */
  function failing(db: Db, nth: number): Db {
    let left = nth;
    return {
      all(sql, params) {
        left -= 1;
        if (left === 0) throw new StoreFault("disk I/O error");
        return db.all(sql, params);
      },
    };
  }

  test("that fails at any statement leaves the store as it was, and open for the next", () => {
    const { db } = openShop();
    propose(db, [put()]);
    const before = JSON.stringify(db.all("select * from store, usage order by namespace"));
    const changes = [
      put({ value: "w", if: -1 }),
      put({ key: "l" }),
      { op: "check", ns: "shop", key: "n", if: 0 } as const,
    ];
    let nth = 1;
    for (; nth < 40; nth += 1) {
      // The first statement only asks for more durability, and may be refused.
      if (nth === 1) continue;
      const outcome = (() => {
        try {
          return propose(failing(db, nth), changes, { requestId: "r" });
        } catch (error) {
          expect(error).toBeInstanceOf(StoreFault);
          return undefined;
        }
      })();
      if (outcome !== undefined) break;
      expect(db.all("select 1 from commits where request_id='r'")).toEqual([]);
      expect(JSON.stringify(db.all("select * from store, usage order by namespace"))).toBe(before);
    }
    // begin, facts, commit row, changes, entries, usage, head, commit; the statement after them is never reached.
    expect(nth).toBe(10);
    expect(db.all("select 1 from commits where request_id='r'")).toEqual([[1]]);
  });
});
