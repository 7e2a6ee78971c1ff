/** The probe of edges and its judgement, made red by each thing that they are for. */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { describe, expect, onTestFinished, test } from "vitest";
import { type EdgeAnswer, ReadJudge } from "../../testkit/edge/judge-reads.ts";
import { openProbe } from "../../testkit/edge/probe.ts";

function shown(revision: number, number: number, more: Partial<EdgeAnswer> = {}): EdgeAnswer {
  return { lineage: "one", revision, source: "origin", ageSeconds: 0, numbers: [number, number], ...more };
}

function judged(...answers: readonly (readonly [edge: string, answer: EdgeAnswer])[]) {
  const judge = new ReadJudge();
  for (const [edge, answer] of answers) judge.answered(edge, answer);
  const { failed, torn, back, copies } = judge.verdict();
  return { failed: failed.length, torn: torn.length, back: back.length, copies };
}

const WELL = { failed: 0, torn: 0, back: 0, copies: 0 };

describe("ReadJudge", () => {
  test.each([
    { name: "states that go on", answers: [shown(1, 1), shown(1, 1), shown(3, 2)], says: {} },
    { name: "a pair of two commits", answers: [shown(1, 1, { numbers: [1, 2] })], says: { torn: 1 } },
    { name: "one revision with two states", answers: [shown(5, 1), shown(5, 2)], says: { torn: 1 } },
    { name: "an older revision", answers: [shown(5, 2), shown(4, 1)], says: { back: 1 } },
    { name: "an older state under a newer revision", answers: [shown(5, 2), shown(6, 1)], says: { back: 1 } },
    {
      name: "a new epoch with an older state",
      answers: [shown(5, 2), shown(99, 1, { lineage: "two" })],
      says: {},
    },
    {
      name: "a way back to the history that was left",
      answers: [shown(5, 2), shown(99, 1, { lineage: "two" }), shown(6, 3)],
      says: { back: 1 },
    },
    {
      name: "a copy that says that it is one",
      answers: [shown(5, 2), shown(4, 1, { source: "previous" }), shown(5, 2)],
      says: { copies: 1 },
    },
    {
      name: "an older state after the copy",
      answers: [shown(5, 2), shown(3, 0, { source: "previous" }), shown(4, 1)],
      says: { back: 1, copies: 1 },
    },
  ])("judges $name", ({ answers, says }) => {
    expect(judged(...answers.map((one) => ["fra", one] as const))).toEqual({ ...WELL, ...says });
  });

  test("takes an answer that was overtaken for no step back", () => {
    const judge = new ReadJudge();
    judge.answered("fra", shown(5, 2));
    const since = judge.reached("fra");
    judge.answered("fra", shown(7, 4), since);
    judge.answered("fra", shown(6, 3), since);
    expect(judge.verdict().back).toEqual([]);
    judge.answered("fra", shown(6, 3));
    expect(judge.verdict().back).toHaveLength(1);
  });

  test("compares what edges show of one revision, and each edge with itself alone", () => {
    expect(judged(["fra", shown(5, 2)], ["ams", shown(4, 1)])).toEqual(WELL);
    expect(judged(["fra", shown(5, 2)], ["ams", shown(5, 1)])).toEqual({ ...WELL, torn: 1 });
  });
});

describe("openProbe", () => {
  async function edge(answer: { status: number; text: string }) {
    const server = createServer((_, response) => {
      response.writeHead(answer.status, {
        "ledge-lineage": "one",
        "ledge-revision": "7",
        "ledge-source": "relay",
        age: "3",
      });
      response.end(answer.text);
    }).listen(0, "127.0.0.1");
    await new Promise((done) => server.once("listening", done));
    onTestFinished(() => void server.close());
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    return { url, close: () => server.close() };
  }
  const probing = (url: () => string | undefined) => openProbe([{ name: "fra", token: "t", url }]);

  test("reads what an answer says of its state", async () => {
    const { url } = await edge({ status: 200, text: '{"n":4}' });
    const probe = probing(() => url);
    await expect
      .poll(() => probe.judge.last("fra"))
      .toMatchObject({ revision: 7, source: "relay", ageSeconds: 3, numbers: [4] });
    await probe.stop();
    expect(probe.judge.verdict()).toMatchObject({ failed: [], torn: [], back: [] });
  });

  test.each([
    { name: "an error", answer: { status: 503, text: "{}" } },
    { name: "an answer that is no document", answer: { status: 200, text: "half" } },
  ])("counts $name as a failed read", async ({ answer }) => {
    const { url } = await edge(answer);
    const probe = probing(() => url);
    await expect.poll(() => probe.judge.verdict().failed.length).toBeGreaterThan(0);
    await probe.stop();
  });

  test("counts an edge that does not answer, but none that is down", async () => {
    const { url, close } = await edge({ status: 200, text: '{"n":4}' });
    close();
    let down = true;
    const probe = probing(() => (down ? undefined : url));
    const other = probing(() => url);
    await expect.poll(() => other.judge.verdict().failed.length).toBeGreaterThan(2);
    expect(probe.judge.verdict().reads).toBe(0);
    down = false;
    await expect.poll(() => probe.judge.verdict().failed.length).toBeGreaterThan(0);
    await Promise.all([probe.stop(), other.stop()]);
  });
});
