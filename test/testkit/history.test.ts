/** The checker of histories (testkit/history): what no sound store answers is told, and nothing else is. */
import { describe, expect, test } from "vitest";
import type {
  Call,
  FeedCall,
  ListCall,
  ReadCall,
  SentChange,
  WriteCall,
} from "../../testkit/history/calls.ts";
import { explain } from "../../testkit/history/check.ts";

const BASE = 10;
const of = (key: string) => ({ ns: "shop", key });
const put = (key: string, text: string, named: SentChange["named"] = "any"): SentChange => ({
  op: "put",
  ...of(key),
  text,
  named,
});

type Time = readonly [start: number, end: number];
const spanOf = ([start, end]: Time) => ({ start, end });

/** A write that is told to have made a revision, with results as the model has them unless others are given. */
function wrote(
  [revision, ...changes]: readonly [number, ...SentChange[]],
  time: Time,
  { id = `w${revision}`, replayed = false, results = undefined as WriteResults | undefined } = {},
): WriteCall {
  const told = results ?? changes.map(() => ({ result: "created", revision }));
  const answer = { kind: "done", revision, unchanged: false, replayed, results: told } as const;
  return { kind: "write", ...spanOf(time), requestId: id, changes, answer };
}
type WriteResults = { result: string; revision: number }[];

function refused(code: string, change: SentChange, time: Time, revision: number | null = null): WriteCall {
  const answer = { kind: "refused", code, causes: [{ index: 0, revision }] } as const;
  return { kind: "write", ...spanOf(time), requestId: `${code} ${time}`, changes: [change], answer };
}

function unanswered(id: string, change: SentChange, start: number): WriteCall {
  const answer = { kind: "unknown" } as const;
  return { kind: "write", start, end: Number.POSITIVE_INFINITY, requestId: id, changes: [change], answer };
}

function saw(
  key: string,
  [revision, text, made]: readonly [number, string | null, number],
  time: Time,
): ReadCall {
  return { kind: "read", ...spanOf(time), ...of(key), at: null, answer: { revision, text, made } };
}

function listed(revision: number, documents: ListCall["answer"]["documents"], time: Time): ListCall {
  return { kind: "list", ...spanOf(time), ns: "shop", answer: { revision, documents } };
}

function fed(
  revision: number,
  commits: readonly [number, ...SentChange[]][],
  time: Time,
  after = BASE,
): FeedCall {
  const told = commits.map(([made, ...changes]) => ({
    revision: made,
    changes: changes.map(({ op, ns, key, text }) => ({ op, ns, key, text: text ?? null })),
  }));
  return {
    kind: "feed",
    ...spanOf(time),
    ns: null,
    after,
    answer: { revision, head: revision, commits: told },
  };
}

const kindsOf = (...calls: Call[]) => [...new Set(explain(calls, BASE).faults.map(({ kind }) => kind))];

const A = wrote([11, put("a", "one")], [1, 2]);
const B = wrote([12, put("b", "two")], [3, 4]);

describe("the checker of histories", () => {
  test("explains writes, repeats, reads, lists, feeds, refusals and lost answers", () => {
    const changed = [{ result: "changed", revision: 14 }];
    const calls = [
      A,
      B,
      wrote([11, put("a", "one")], [5, 6], { replayed: true }),
      saw("a", [12, "one", 11], [5, 6]),
      saw("none", [12, null, 0], [5, 6]),
      { ...saw("b", [11, null, 0], [5, 6]), at: 11 },
      refused("exists", put("a", "x", 0), [5, 6], 11),
      refused("stale", put("a", "x", 7), [5, 6], 11),
      refused("precondition_required", put("a", "x", null), [5, 6], 11),
      refused("not_found", { op: "delete", ...of("c"), named: "any" }, [5, 6]),
      unanswered("gone", put("c", "three"), 7),
      wrote([13, put("c", "three")], [9, 10], { id: "gone", replayed: true }),
      unanswered("found", put("a", "four"), 11),
      { kind: "lookup", start: 12, end: 13, requestId: "found", answer: 14 } as const,
      wrote([14, put("a", "four")], [14, 15], { id: "found", replayed: true, results: changed }),
      listed(
        12,
        [
          { key: "a", text: "one", made: 11 },
          { key: "b", text: "two", made: 12 },
        ],
        [5, 6],
      ),
      fed(
        12,
        [
          [11, put("a", "one")],
          [12, put("b", "two")],
        ],
        [5, 6],
      ),
      fed(
        14,
        [
          [13, put("c", "three")],
          [14, put("a", "four")],
        ],
        [16, 17],
        12,
      ),
    ];
    expect(explain(calls, BASE)).toEqual({ faults: [], commits: 4 });
  });

  test("lets what ran at one time be answered in any order", () => {
    const late = wrote([11, put("a", "one")], [1, 9]);
    const early = wrote([12, put("b", "two")], [1, 2]);
    expect(kindsOf(late, early, saw("a", [12, "one", 11], [3, 4]), saw("b", [11, null, 0], [1, 2]))).toEqual(
      [],
    );
  });

  test("tells a write that was acknowledged and is gone", () => {
    expect(kindsOf(A, B, saw("b", [12, null, 0], [5, 6]))).toEqual(["content"]);
    expect(kindsOf(A, B, fed(12, [[11, put("a", "one")]], [5, 6]))).toEqual(["content"]);
    expect(kindsOf(A, B, listed(12, [{ key: "a", text: "one", made: 11 }], [5, 6]))).toEqual(["content"]);
    // A server that lost one gives its number to another.
    expect(kindsOf(A, wrote([11, put("b", "two")], [3, 4], { id: "other" }))).toContain("lost");
    const lookup = { kind: "lookup", start: 5, end: 6, requestId: "w11", answer: null } as const;
    expect(kindsOf(A, lookup)).toEqual(["stale"]);
  });

  test("tells a torn read: half of a commit, or a state of another revision", () => {
    const both = wrote([11, put("a", "one"), put("b", "two")], [1, 2]);
    expect(kindsOf(both, listed(11, [{ key: "a", text: "one", made: 11 }], [3, 4]))).toEqual(["content"]);
    expect(kindsOf(both, fed(11, [[11, put("a", "one")]], [3, 4]))).toEqual(["content"]);
    expect(kindsOf(A, B, saw("b", [11, "two", 12], [3, 4]))).toEqual(["content"]);
    expect(kindsOf(A, saw("a", [11, "on", 11], [1, 2]))).toEqual(["content"]);
  });

  test("tells a stale read: one that began after a later state was shown", () => {
    expect(kindsOf(A, saw("a", [10, null, 0], [3, 4]))).toEqual(["stale"]);
    expect(kindsOf(A, listed(10, [], [3, 4]))).toEqual(["stale"]);
    expect(kindsOf(A, fed(10, [], [3, 4]))).toEqual(["stale"]);
    const slow = wrote([11, put("a", "one")], [1, 9]);
    const shown = saw("a", [11, "one", 11], [2, 3]);
    expect(kindsOf(slow, shown, saw("a", [10, null, 0], [4, 5]))).toEqual(["stale"]);
  });

  test("tells an answer about what nobody had sent yet", () => {
    expect(kindsOf(wrote([11, put("a", "one")], [5, 6]), saw("a", [11, "one", 11], [1, 2]))).toContain(
      "early",
    );
  });

  test("tells two writes of which the later one is the earlier commit", () => {
    const first = wrote([12, put("a", "one")], [1, 2]);
    const second = wrote([11, put("b", "two")], [3, 4]);
    expect(kindsOf(first, second)).toContain("order");
  });

  test("tells a refusal that no state of its time explains", () => {
    expect(kindsOf(A, refused("not_found", { op: "delete", ...of("a"), named: "any" }, [3, 4]))).toEqual([
      "refusal",
    ]);
    expect(kindsOf(A, refused("stale", put("a", "x", 11), [3, 4], 11))).toEqual(["refusal"]);
    expect(kindsOf(A, refused("precondition_required", put("a", "x", "any"), [3, 4], 11))).toEqual([
      "refusal",
    ]);
    // Right, but for a state that had passed, or with the ETag of one.
    expect(kindsOf(A, B, refused("stale", put("b", "x", 5), [5, 6], 11))).toEqual(["refusal"]);
    expect(kindsOf(A, { ...refused("exists", put("a", "one", 0), [3, 4], 11), requestId: "w11" })).toEqual([
      "refusal",
    ]);
  });

  test("tells a write that did what its conditions forbid, or that says another result", () => {
    const wrong = [{ result: "changed", revision: 12 }];
    expect(kindsOf(A, wrote([12, put("a", "two", 0)], [3, 4], { results: wrong }))).toContain("answer");
    expect(kindsOf(A, wrote([12, put("b", "two")], [3, 4], { results: wrong }))).toEqual(["answer"]);
    const unchanged = { kind: "done", revision: 11, unchanged: true, replayed: false } as const;
    const results = [{ result: "unchanged", revision: 11 }];
    const noop = { ...B, requestId: "noop", changes: [put("a", "other")], answer: { ...unchanged, results } };
    expect(kindsOf(A, noop)).toEqual(["answer"]);
    expect(kindsOf(A, { ...noop, changes: [put("a", "one")] })).toEqual([]);
  });

  test("tells a write that was committed twice, and a commit that nobody sent", () => {
    expect(kindsOf(A, wrote([12, put("a", "one")], [3, 4], { id: "w11" }))).toContain("twice");
    expect(kindsOf(A, { ...A, start: 3, end: 4 })).toEqual(["twice"]);
    expect(kindsOf(A, wrote([13, put("b", "two")], [3, 4]))).toContain("gap");
    expect(
      kindsOf(
        A,
        fed(
          12,
          [
            [11, put("a", "one")],
            [12, put("z", "?")],
          ],
          [3, 4],
        ),
      ),
    ).toContain("content");
  });
});
