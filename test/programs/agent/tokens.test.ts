/** Whom an agent answers, by what sources say of tokens: a source of a test that is away, refuses, or is slow. */
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { formatToken, newToken } from "../../../lib/core/token.ts";
import { TokenBook } from "../../../programs/agent/tokens.ts";
import { testFolder } from "../../../testkit/host.ts";
import { seededRandom } from "../../../testkit/random.ts";

const DAY_MS = 86_400_000;
const random = seededRandom(7);
const fresh = () => newToken((length) => random.bytes(length));

function openBook(file = join(testFolder(), "tokens.json")) {
  const clock = { nowMs: 1_800_000_000_000 };
  const source: { answer: "good" | "refused" | "away"; asked: number; gate: Promise<void> } = {
    answer: "good",
    asked: 0,
    gate: Promise.resolve(),
  };
  const answerOf = (status: number, content: object) =>
    new Response(JSON.stringify(content), { status, headers: { "content-type": "application/json" } });
  const fetch = async () => {
    source.asked += 1;
    await source.gate;
    if (source.answer === "away") throw new Error("nobody");
    if (source.answer === "refused") return answerOf(401, { code: "bad_token", status: 401, detail: "no" });
    const grants = [{ verbs: ["read"], namespace: "shop", scope: "" }];
    return answerOf(200, { accessor: "a", name: "app", grants, created: "2026-01-01T00:00:00.000Z" });
  };
  const open = () =>
    new TokenBook({
      file,
      own: [],
      servers: [{ url: "http://ledge.test", fetch: fetch as never }],
      keepMs: DAY_MS,
      nowMs: () => clock.nowMs,
    });
  return { book: open(), again: open, clock, source };
}

describe("a token of the origin", () => {
  test("is asked about once a minute, and ends where it is refused", async () => {
    const { book, clock, source } = openBook();
    const token = fresh();
    expect(await book.admit(token)).toBe("known");
    expect(await book.admit(token)).toBe("known");
    expect(source.asked).toBe(1);
    source.answer = "refused";
    clock.nowMs += 60_000;
    expect(await book.admit(token)).toBe("unknown");
    expect(book.documentOf(token.accessor)).toBeUndefined();
  });

  test("is good for a day while nobody answers, in a later process, too", async () => {
    const { book, again, clock, source } = openBook();
    const token = fresh();
    await book.admit(token);
    source.answer = "away";
    clock.nowMs += DAY_MS - 1;
    const later = again();
    expect(await later.admit(token)).toBe("known");
    expect(later.documentOf(token.accessor)).toContain('"shop"');
    clock.nowMs += 10_001;
    expect(await later.admit(token)).toBe("nobody_answers");
    expect(later.documentOf(token.accessor)).toBeUndefined();
  });

  test("is not ended by who guesses at its secret", async () => {
    const { book, clock, source } = openBook();
    const token = fresh();
    await book.admit(token);
    source.answer = "refused";
    const guess = { ...fresh(), accessor: token.accessor };
    expect(await book.admit(guess)).toBe("unknown");
    clock.nowMs += 1;
    expect(await book.admit(token)).toBe("known");
    expect(formatToken(guess)).not.toBe(formatToken(token));
  });

  test("that is made up costs one question in ten seconds, and few at one time", async () => {
    const { book, clock, source } = openBook();
    source.answer = "refused";
    const one = fresh();
    await book.admit(one);
    await book.admit(one);
    expect(source.asked).toBe(1);
    clock.nowMs += 10_000;
    await book.admit(one);
    expect(source.asked).toBe(2);
    let open = () => {};
    source.gate = new Promise((resolve) => {
      open = resolve;
    });
    const admitted = Array.from({ length: 50 }, () => book.admit(fresh()));
    open();
    const outcomes = await Promise.all(admitted);
    expect(outcomes.filter((outcome) => outcome === "too_many")).toHaveLength(18);
    expect(source.asked).toBe(34);
  });
});
