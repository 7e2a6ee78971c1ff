import { describe, expect, test } from "vitest";
import { scopeCoversKey } from "../../../lib/core/scope.ts";
import { commit } from "../../../lib/store/commit/commit.ts";
import { commitGroup } from "../../../lib/store/commit/group.ts";
import { coveringSchemas } from "../../../lib/store/documents/schemas.ts";
import type { Db } from "../../../lib/store/sqlite/driver.ts";
import { addNamespace, bootstrap, proposalOf, propose, putReserved } from "../../../testkit/proposals.ts";
import { seededRandom } from "../../../testkit/random.ts";
import { openTestStore } from "../../../testkit/store.ts";

const SCOPES = ["", "a", "a/", "a/b", "a/b/", "é/", "b%/"] as const;
const KEYS = ["a", "a/b", "a/b/c", "a/bc", "b", "b%/x", "bx/x", "é/ü", "A"] as const;
const schemaOf = (scope: string) => `schema/shop/${scope}`;

/** What a put of the key comes to, judged by these schemas: by itself, among others, and in a group. */
function judgedBy(db: Db, key: string, schemas: string | null, nth: number) {
  const put = (value: string) => ({ op: "put" as const, ns: "shop", key, value, if: -1 });
  const one = { ...proposalOf([put(`${nth} one`)]), judgedBy: [schemas] };
  const two = {
    ...proposalOf([{ op: "check", ns: "shop", key: "none", if: 0 }, put(`${nth} two`)]),
    judgedBy: [null, schemas],
  };
  const outcomes = [commit(db, one, { accept: "anything" }), commit(db, two, { accept: "anything" })];
  return outcomes.map((outcome) =>
    outcome.ok ? "made" : outcome.unjudged === undefined ? outcome.code : "unjudged",
  );
}

describe("the schemas that a put was judged by", () => {
  const seed = Number(process.env.LEDGE_SEED ?? Date.now() % 1_000_000);

  test(`are those that stand, after any changes of them (seed ${seed})`, () => {
    const random = seededRandom(seed);
    const { db } = openTestStore();
    bootstrap(db);
    for (const name of ["shop", "shop-2"]) addNamespace(db, name);
    putReserved(db, "_system", "schema/shop-2/", "true");
    const there = new Map<string, number>();
    const covering = (key: string) => [...there].filter(([scope]) => scopeCoversKey(scope, key));
    for (let step = 0; step < 80; step += 1) {
      const key = random.pick(KEYS);
      const before = JSON.stringify(covering(key));
      const [former] = coveringSchemas(db, [["shop", key]]);
      const scope = random.pick(SCOPES);
      if (there.has(scope) && random.below(2) === 0) {
        propose(db, [{ op: "delete", ns: "_system", key: schemaOf(scope), if: -1 }], { door: "admin" });
        there.delete(scope);
      } else {
        const made = putReserved(db, "_system", schemaOf(scope), `{"title":"${step}"}`);
        if (!made.ok) throw new Error(made.code);
        there.set(scope, made.revision);
      }
      const name = `seed ${seed}, step ${step}: ${key} under ${[...there.keys()].join()}`;
      const [now] = coveringSchemas(db, [["shop", key]]);
      const longest = covering(key).reduce((best, [one]) => (one.length >= best.length ? one : best), "");
      expect(now?.key, name).toBe(covering(key).length === 0 ? null : schemaOf(longest));
      const moved = JSON.stringify(covering(key)) !== before && covering(key).length > 0;
      expect(judgedBy(db, key, former?.schemas ?? null, step), name).toEqual(
        Array(2).fill(moved ? "unjudged" : "made"),
      );
      expect(judgedBy(db, key, now?.schemas ?? null, step + 1000), name).toEqual(["made", "made"]);
    }
  });

  test("are asked for in a group as alone, and its other members are committed", () => {
    const { db } = openTestStore();
    bootstrap(db);
    addNamespace(db, "shop");
    putReserved(db, "_system", schemaOf("a"), "true");
    const member = (key: string) => ({
      proposals: [proposalOf([{ op: "put", ns: "shop", key, value: "x" }])],
      options: { accept: "anything" as const },
    });
    const [ruled, free] = commitGroup(db, [member("a"), member("b")]);
    expect(ruled).toMatchObject({ ok: true, outcomes: [{ ok: false, unjudged: [0] }] });
    expect(free).toMatchObject({ ok: true, outcomes: [{ ok: true }] });
    expect(db.all("select key from entry where namespace='shop'")).toEqual([["b"]]);
  });
});

describe("a schema's document", () => {
  test.each([
    { name: "no namespace", key: "schema/none/", value: "true", code: "namespace_not_found" },
    { name: "another namespace's name", key: "schema/Shop/", value: "true", code: "invalid_body" },
    {
      name: "a scope that is none",
      key: `schema/shop/${"a".repeat(901)}`,
      value: "true",
      code: "invalid_body",
    },
    { name: "no object", key: "schema/shop/a", value: "[]", code: "invalid_body" },
    { name: "no JSON", key: "schema/shop/a", value: "{", code: "invalid_body" },
  ])("is refused with $name", ({ key, value, code }) => {
    const { db } = openTestStore();
    bootstrap(db);
    addNamespace(db, "shop");
    expect(putReserved(db, "_system", key, value)).toMatchObject({ ok: false, code });
  });
});
