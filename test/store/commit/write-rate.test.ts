/** How many commits a token may make a second, as the store counts them. */
import { describe, expect, onTestFinished, test } from "vitest";
import { commit } from "../../../lib/store/commit/commit.ts";
import { commitGroup } from "../../../lib/store/commit/group.ts";
import { openNodeDb } from "../../../lib/store/sqlite/driver-node.ts";
import { addNamespace, bootstrap, type Options, proposalOf, T0 } from "../../../testkit/proposals.ts";
import { openTestStore } from "../../../testkit/store.ts";

function openLimited(perSecond: number) {
  const { db, file } = openTestStore();
  bootstrap(db);
  addNamespace(db, "shop");
  const options = { accept: "anything", perSecond } as const;
  const put = (value: string, more: Options = {}) =>
    proposalOf([{ op: "put", ns: "shop", key: "k", value, if: -1 }], { nowMs: T0 + 10_000, ...more });
  const tell = (value: string, more: Options = {}) => {
    const outcome = commit(db, put(value, more), options);
    return outcome.ok ? outcome.rate?.remaining : outcome.code;
  };
  return { db, file, options, put, tell };
}

describe("a limit of commits", () => {
  test("refuses what is beyond it, and writes nothing of that", () => {
    const { db, tell } = openLimited(2);
    expect([tell("a"), tell("b"), tell("c")]).toEqual([1, 0, "rate_limited"]);
    expect(db.all("select cast(value as text) from entry where key='k'")).toEqual([["b"]]);
    expect(tell("c", { nowMs: T0 + 10_500 })).toBe(0);
  });

  test("counts nothing that is refused, unchanged or said before", () => {
    const { tell } = openLimited(1);
    expect(tell("a", { requestId: "one" })).toBe(0);
    expect(tell("b")).toBe("rate_limited");
    expect([tell("a"), tell("a", { requestId: "one" })]).toEqual([undefined, undefined]);
    expect(tell("b", { by: { kind: "token", accessor: "b".repeat(12), digest: "x" } })).toBe("bad_token");
  });

  test("holds for all who write to the store", () => {
    const { tell, put, options, file } = openLimited(1);
    expect(tell("a")).toBe(0);
    const other = openNodeDb(file);
    onTestFinished(() => other.close());
    expect(commit(other, put("b"), options)).toMatchObject({ ok: false, code: "rate_limited" });
  });

  test("counts each commit of a group", () => {
    const { db, options, put } = openLimited(2);
    const members = ["a", "b", "c"].map((value) => ({ proposals: [put(value)], options }));
    const told = commitGroup(Object.assign(db, { inTransaction: () => true }), members).map((one) =>
      one.ok ? one.outcomes.map((outcome) => outcome.ok || outcome.code) : one.fault.text,
    );
    expect(told).toEqual([[true], [true], ["rate_limited"]]);
  });

  test("without a number keeps nothing", () => {
    const { db, tell } = openLimited(0);
    expect(tell("a")).toBeUndefined();
    expect(db.all("select count(*) from operation where name like 'writes/%'")).toEqual([[0]]);
  });
});
