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
  // The one that never jumps, and how far from it the one of people is.
  const clock = { nowMs: 5_000_000, offMs: 1_800_000_000_000 };
  const source: { answer: "good" | "refused" | "away" | "portal"; asked: number; gate: Promise<void> } = {
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
    if (source.answer === "portal") return new Response("<html>Welcome</html>", { status: 401 });
    if (source.answer === "refused") return answerOf(401, { code: "bad_token", status: 401, detail: "no" });
    const grants = [{ verbs: ["read"], namespace: "shop", scope: "" }];
    return answerOf(200, {
      accessor: "a".repeat(12),
      name: "app",
      grants,
      created: "2026-01-01T00:00:00.000Z",
    });
  };
  const open = () =>
    new TokenBook({
      file,
      own: [],
      servers: [{ url: "http://ledge.test", fetch: fetch as never }],
      keepMs: DAY_MS,
      clocks: { steadyMs: () => clock.nowMs, wallMs: () => clock.nowMs + clock.offMs },
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

  test.each([
    { name: "ten years back", years: -10 },
    { name: "ten years ahead", years: 10 },
  ])("lives as long as it may where a clock jumps $name", async ({ years }) => {
    const { book, clock, source } = openBook();
    const token = fresh();
    await book.admit(token);
    source.answer = "away";
    clock.offMs += years * 365 * DAY_MS;
    clock.nowMs += DAY_MS - 1;
    expect(await book.admit(token)).toBe("known");
    clock.nowMs += 1;
    expect(book.documentOf(token.accessor)).toBeUndefined();
  });

  test("is refused within a minute, wherever a clock jumps", async () => {
    const { book, clock, source } = openBook();
    const token = fresh();
    await book.admit(token);
    source.answer = "refused";
    clock.offMs -= 10 * 365 * DAY_MS;
    clock.nowMs += 60_000;
    expect(await book.admit(token)).toBe("unknown");
  });

  test("ages over starts with a clock that goes back with each", async () => {
    const { book, again, clock, source } = openBook();
    const token = fresh();
    await book.admit(token);
    source.answer = "away";
    for (let started = 0; started < 4; started += 1) {
      clock.offMs -= 365 * DAY_MS;
      const later = again();
      clock.nowMs += DAY_MS / 4;
      // How old it is gets kept while nobody answers.
      if (started < 3) expect(await later.admit(token)).toBe("known");
      else expect(await later.admit(token)).toBe("nobody_answers");
    }
  });

  test("makes nobody wait while the last question was not answered, and ends once one is", async () => {
    const { book, clock, source } = openBook();
    const token = fresh();
    await book.admit(token);
    source.answer = "away";
    clock.nowMs += 60_000;
    await book.admit(token);
    source.answer = "refused";
    clock.nowMs += 10_000;
    // At once: not a promise. The question goes beside it.
    expect(book.admit(token)).toBe("known");
    await expect.poll(() => book.documentOf(token.accessor)).toBeUndefined();
    expect(source.asked).toBe(3);
  });

  test("is not ended by a 401 that is not Ledge's", async () => {
    const { book, clock, source } = openBook();
    const token = fresh();
    await book.admit(token);
    source.answer = "portal";
    clock.nowMs += 60_000;
    expect(await book.admit(token)).toBe("known");
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
