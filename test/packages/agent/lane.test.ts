/** What a lane serves, whatever its sources do: against a model of an origin that forgets nothing. */
import { existsSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import type { Source } from "../../../packages/agent/source.ts";
import { LedgeError } from "../../../packages/client/errors.ts";
import { QUICK, runLane, servedBy, type TestLane } from "../../../testkit/edge/lanes.ts";
import { MODEL_NAMESPACE, ModelOrigin } from "../../../testkit/edge/model-source.ts";
import { testFolder } from "../../../testkit/host.ts";

const PAGES = { pageCommits: 3, pageDocuments: 2 };

function opened(
  origin: ModelOrigin,
  folder = testFolder(),
  more: Parameters<typeof runLane>[2] = {},
): TestLane {
  const running = runLane(folder, [origin.source(PAGES)], more);
  onTestFinished(() => running.stop());
  return running;
}

const at = ({ lane }: TestLane) => lane.replica?.place.revision;

describe("a lane", () => {
  test("takes the state of its source, and every commit that follows", async () => {
    const origin = new ModelOrigin();
    origin.commit([
      ["a", "1"],
      ["b", "1"],
    ]);
    origin.commit([["c", "1"]]);
    const running = opened(origin);
    await expect.poll(() => at(running)).toBe(origin.head);
    expect(servedBy(running.lane)).toEqual(origin.stateAt(origin.head));
    origin.commit([
      ["a", undefined],
      ["d", "1"],
    ]);
    await expect.poll(() => at(running)).toBe(origin.head);
    expect(servedBy(running.lane)).toEqual(origin.stateAt(origin.head));
  });

  test("passes over a relay that has heard of nobody for long, and goes back once it has", async () => {
    const origin = new ModelOrigin();
    origin.commit([["a", "1"]]);
    let ageSeconds = 3600;
    const told = origin.source(PAGES);
    const heldBack = origin.head;
    let looks = 0;
    const source = {
      ...told,
      name: "the relay",
      changes: async (...asked: Parameters<typeof told.changes>) => {
        looks += 1;
        const page = await told.changes(...asked);
        // It has come no further, for as long as its own link is gone.
        if (ageSeconds === 0) return { ...page, ageSeconds };
        return {
          ...page,
          place: { ...page.place, revision: heldBack },
          head: heldBack,
          commits: [],
          ageSeconds,
        };
      },
    };
    const running = runLane(testFolder(), [source, { ...origin.source(PAGES), name: "the origin" }]);
    onTestFinished(() => running.stop());
    await expect.poll(() => at(running)).toBe(heldBack);
    origin.commit([["a", "2"]]);
    await expect.poll(() => servedBy(running.lane).get("a")).toBe("2");
    await expect.poll(() => running.lane.state.source?.name).toBe("the origin");
    // It is looked at, and not followed.
    const heard = vi.spyOn(running.lane.state, "heard");
    const before = looks;
    await expect.poll(() => looks).toBeGreaterThan(before + 2);
    expect(heard.mock.calls.filter(([{ name }]) => name === "the relay")).toEqual([]);
    ageSeconds = 0;
    await expect.poll(() => running.lane.state.source?.name).toBe("the relay");
    expect(running.said.filter((line) => line.includes("too_stale"))).toHaveLength(1);
  });

  test("moves to no state of which a value is owed: a hot key over several pages", async () => {
    const origin = new ModelOrigin();
    origin.commit([["other", "0"]]);
    let open = true;
    let asked = 0;
    const source = origin.source({
      ...PAGES,
      before: async () => {
        asked += 1;
        while (!open) await new Promise((resolve) => setTimeout(resolve, 1));
      },
    });
    const seen: number[] = [];
    const running = runLane(testFolder(), [source], { onMoved: () => seen.push(at(running) ?? 0) });
    onTestFinished(() => running.stop());
    await expect.poll(() => at(running)).toBe(origin.head);
    open = false;
    const before = origin.head;
    for (let nth = 0; nth < 10; nth += 1)
      origin.commit([
        ["hot", `${nth}`],
        [`k${nth}`, "x"],
      ]);
    open = true;
    await expect.poll(() => at(running)).toBe(origin.head);
    expect(servedBy(running.lane)).toEqual(origin.stateAt(origin.head));
    // Three commits a page: each state in between has a `hot` that nobody shows any more.
    expect(seen.filter((one) => one > before)).toEqual([origin.head]);
    expect(asked).toBeGreaterThan(3);
  });

  test("serves at once what it had, where no source answers", async () => {
    const origin = new ModelOrigin();
    origin.commit([["a", "1"]]);
    const folder = testFolder();
    const first = opened(origin, folder);
    await expect.poll(() => at(first)).toBe(origin.head);
    await first.stop();
    const away = origin.source({
      ...PAGES,
      before: () => Promise.reject(new LedgeError("unreachable", "gone")),
    });
    const second = runLane(folder, [away]);
    onTestFinished(() => second.stop());
    expect(servedBy(second.lane)).toEqual(origin.stateAt(origin.head));
    await expect.poll(() => second.lane.state.trouble?.code).toBe("unreachable");
    expect(second.lane.state.source).toBeUndefined();
  });

  test("goes to the next source, and back to the better one", async () => {
    const origin = new ModelOrigin();
    let up = true;
    const first = origin.source({
      ...PAGES,
      before: () => (up ? undefined : Promise.reject(new LedgeError("unreachable", "gone"))),
    });
    const second = { ...origin.source(PAGES), name: "second" };
    const running = runLane(testFolder(), [first, second]);
    onTestFinished(() => running.stop());
    await expect.poll(() => running.lane.state.source?.name).toBe("model");
    up = false;
    await expect.poll(() => running.lane.state.source?.name).toBe("second");
    origin.commit([["a", "1"]]);
    await expect.poll(() => at(running)).toBe(origin.head);
    up = true;
    await expect.poll(() => running.lane.state.source?.name).toBe("model");
  });

  test("follows on while a better source that it looks at does not end its answer", async () => {
    const origin = new ModelOrigin();
    let answers: "no" | "never" | "yes" = "no";
    let looks = 0;
    const told = origin.source(PAGES);
    const better: Source = {
      ...told,
      name: "better",
      async changes(subject, after, asked) {
        if (answers === "never") {
          looks += 1;
          await expect.poll(() => answers).toBe("yes");
        }
        if (answers === "no") throw new LedgeError("unreachable", "gone");
        return told.changes(subject, after, asked);
      },
      snapshot: () => Promise.reject(new LedgeError("unreachable", "gone")),
    };
    const second = { ...origin.source(PAGES), name: "second" };
    const running = runLane(testFolder(), [better, second]);
    onTestFinished(() => running.stop());
    await expect.poll(() => running.lane.state.source?.name).toBe("second");
    answers = "never";
    await expect.poll(() => looks).toBe(1);
    for (let nth = 0; nth < 3; nth += 1) {
      origin.commit([["a", `${nth}`]]);
      await expect.poll(() => at(running)).toBe(origin.head);
    }
    expect([looks, running.lane.state.source?.name]).toEqual([1, "second"]);
    answers = "yes";
    await expect.poll(() => running.lane.state.source?.name).toBe("better");
  });

  test("begins anew at a better source that keeps its place no longer", async () => {
    const origin = new ModelOrigin();
    let isAway = true;
    const told = origin.source(PAGES);
    const gone = () => Promise.reject(new LedgeError("unreachable", "gone"));
    const better: Source = {
      ...told,
      name: "better",
      snapshot: (...asked) => (isAway ? gone() : told.snapshot(...asked)),
      changes(subject, after, how) {
        if (isAway) return gone();
        if (after.revision === origin.head) return told.changes(subject, after, how);
        return Promise.reject(new LedgeError("compacted", "kept no longer"));
      },
    };
    const [lineage, revision] = [origin.lineage, origin.head];
    const behind = { place: { lineage, revision }, head: revision, commits: [] };
    const second = { ...told, name: "second", changes: () => Promise.resolve(behind) };
    const running = runLane(testFolder(), [better, second]);
    onTestFinished(() => running.stop());
    await expect.poll(() => running.lane.state.source?.name).toBe("second");
    origin.commit([["a", "1"]]);
    isAway = false;
    await expect.poll(() => at(running)).toBe(origin.head);
    expect(running.lane.state.source?.name).toBe("better");
  });

  test("ends what it waits for where a better source answers, and asks that one once", async () => {
    const origin = new ModelOrigin();
    origin.commit([["a", "1"]]);
    const told = origin.source(PAGES);
    const away = () => Promise.reject(new LedgeError("unreachable", "gone"));
    const untilAborted = (signal: AbortSignal) =>
      new Promise<never>((_, end) => signal.addEventListener("abort", () => end(signal.reason)));
    const waits: AbortSignal[] = [];
    let asked = 0;
    const better: Source = {
      ...told,
      name: "better",
      snapshot: away,
      async changes(subject, after, how) {
        asked += 1;
        // The first answer is all: what was told to the look is not asked for again.
        if (asked > 1) return untilAborted(how.signal);
        await expect.poll(() => waits.length).toBe(1);
        return told.changes(subject, after, how);
      },
    };
    const second: Source = {
      ...told,
      name: "second",
      changes(subject, after, how) {
        if (asked === 0) return told.changes(subject, after, how);
        waits.push(how.signal);
        return untilAborted(how.signal);
      },
    };
    const running = runLane(testFolder(), [better, second]);
    onTestFinished(() => running.stop());
    await expect.poll(() => asked).toBe(2);
    expect(running.lane.state.source?.name).toBe("better");
    expect(waits.map(({ aborted }) => aborted)).toEqual([true]);
    expect(running.said.filter((line) => line.includes("second: "))).toEqual([]);
  });

  test("begins anew where its place is no longer kept, and serves on meanwhile", async () => {
    const origin = new ModelOrigin();
    origin.commit([["a", "1"]]);
    const folder = testFolder();
    const first = opened(origin, folder);
    await expect.poll(() => at(first)).toBe(origin.head);
    await first.stop();
    for (let nth = 0; nth < 5; nth += 1) origin.commit([[`b${nth}`, "1"]]);
    origin.compact(origin.head);
    const second = opened(origin, folder);
    await expect.poll(() => at(second)).toBe(origin.head);
    expect(servedBy(second.lane)).toEqual(origin.stateAt(origin.head));
  });

  test("refuses what is beyond its limits, serves on, and takes what mends it", async () => {
    const origin = new ModelOrigin();
    origin.commit([
      ["a", "1"],
      ["b", "1"],
    ]);
    const running = opened(origin, testFolder(), { limits: { documentBytes: 10 } });
    await expect.poll(() => at(running)).toBe(origin.head);
    const good = origin.head;
    // One document of the commit is too large: the other one does not come without it.
    origin.commit([
      ["a", "much too long for this edge"],
      ["b", "2"],
    ]);
    origin.commit([["c", "3"]]);
    await expect.poll(() => running.lane.state.refusal?.revision).toBe(origin.head);
    expect(running.lane.state.refusal).toMatchObject({ code: "too_large", key: "a" });
    expect(servedBy(running.lane)).toEqual(origin.stateAt(good));
    expect(running.said.filter((text) => text.includes("too_large"))).toHaveLength(1);
    origin.commit([["a", "short"]]);
    await expect.poll(() => at(running)).toBe(origin.head);
    expect(running.lane.state.refusal).toBeUndefined();
    expect(servedBy(running.lane)).toEqual(origin.stateAt(origin.head));
  });

  test("does not serve a namespace that lost all of its documents at once", async () => {
    const origin = new ModelOrigin();
    const keys = Array.from({ length: 10 }, (_, nth) => `k${nth}`);
    origin.commit(keys.map((key) => [key, "1"]));
    const running = opened(origin);
    await expect.poll(() => at(running)).toBe(origin.head);
    origin.commit(keys.map((key) => [key, undefined]));
    await expect.poll(() => running.lane.state.refusal?.code).toBe("policy_violation");
    expect(servedBy(running.lane).size).toBe(10);
  });

  test("follows a restored origin into its epoch, and keeps what was lost there", async () => {
    const origin = new ModelOrigin();
    const shared = origin.commit([["a", "1"]]);
    const running = opened(origin);
    origin.commit([["lost", "1"]]);
    await expect.poll(() => at(running)).toBe(origin.head);
    const [lineage, revision] = [origin.lineage, origin.head];
    origin.restore(shared);
    await expect.poll(() => at(running)).toBe(origin.head);
    expect(servedBy(running.lane)).toEqual(origin.stateAt(origin.head));
    expect(running.lane.lost).toEqual([expect.objectContaining({ lineage, revision })]);
  });

  test("keeps what it has where the source is behind, or has a foreign history", async () => {
    const origin = new ModelOrigin();
    origin.commit([["a", "1"]]);
    const folder = testFolder();
    const first = opened(origin, folder);
    await expect.poll(() => at(first)).toBe(origin.head);
    await first.stop();
    const behind = opened(new ModelOrigin(), folder);
    await expect.poll(() => behind.lane.state.trouble?.code).toBe("behind");
    expect(servedBy(behind.lane)).toEqual(origin.stateAt(origin.head));
    await behind.stop();
    const foreign = new ModelOrigin();
    const stranger = { ...foreign.source(PAGES) };
    const history = async () => {
      const own = await foreign
        .source(PAGES)
        .history({ namespace: MODEL_NAMESPACE }, new AbortController().signal);
      return { ...own, lives: own.lives.map((life) => ({ ...life, lineage: "f".repeat(32) })) };
    };
    const changes = () => Promise.reject(new LedgeError("lineage", "foreign"));
    const running = runLane(folder, [{ ...stranger, history, changes }]);
    onTestFinished(() => running.stop());
    await expect.poll(() => running.lane.state.trouble?.code).toBe("lineage");
    expect(servedBy(running.lane)).toEqual(origin.stateAt(origin.head));
  });

  test("sets a damaged replica aside, serves the copy, and takes the state anew", async () => {
    const origin = new ModelOrigin();
    origin.commit([["a", "1"]]);
    const folder = testFolder();
    const first = opened(origin, folder);
    await expect.poll(() => at(first)).toBe(origin.head);
    await expect.poll(() => existsSync(join(folder, "shop.previous.db"))).toBe(true);
    await first.stop();
    writeFileSync(join(folder, "shop.db"), "this is no database any more".repeat(1000));
    let open = false;
    const source = origin.source({
      ...PAGES,
      before: () => (open ? undefined : Promise.reject(new LedgeError("unreachable", "gone"))),
    });
    const second = runLane(folder, [source]);
    onTestFinished(() => second.stop());
    expect(servedBy(second.lane)).toEqual(origin.stateAt(origin.head));
    expect(second.lane.state.from).toBe("previous");
    expect(readdirSync(folder).filter((name) => name.includes("damaged"))).toHaveLength(1);
    origin.commit([["a", "2"]]);
    open = true;
    await expect.poll(() => at(second)).toBe(origin.head);
    expect(servedBy(second.lane)).toEqual(origin.stateAt(origin.head));
  });
});

const KEY = fc.constantFrom("a", "b", "c", "d", "e");
const COMMIT = fc.record({
  kind: fc.constant("commit" as const),
  changes: fc.uniqueArray(fc.tuple(KEY, fc.option(fc.stringMatching(/^[a-z]{1,4}$/), { nil: undefined })), {
    selector: ([key]) => key,
    minLength: 1,
    maxLength: 3,
  }),
});
const STEP = fc.oneof(
  { weight: 6, arbitrary: COMMIT },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("fail" as const), times: fc.nat(4) }) },
  { weight: 1, arbitrary: fc.constant({ kind: "restart" as const }) },
  { weight: 1, arbitrary: fc.constant({ kind: "compact" as const }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("restore" as const), back: fc.nat(4) }) },
  { weight: 1, arbitrary: fc.constant({ kind: "converge" as const }) },
);

describe("whatever happens to a lane", () => {
  test("it serves states of the origin, never older ones, and the newest in the end", async () => {
    const numRuns = process.env.LEDGE_FULL === "1" ? 2000 : 40;
    await fc.assert(
      fc.asyncProperty(
        fc.array(STEP, { minLength: 1, maxLength: 25 }),
        fc.integer({ min: 1, max: 4 }),
        async (steps, pageSize) => {
          const origin = new ModelOrigin();
          const folder = testFolder();
          let failures = 0;
          const source = origin.source({
            pageCommits: pageSize,
            pageDocuments: pageSize,
            before: async () => {
              await new Promise((resolve) => setImmediate(resolve));
              if (failures === 0) return;
              failures -= 1;
              throw new LedgeError("unreachable", "cut");
            },
          });
          let last = { epoch: 0, revision: 0 };
          let running: TestLane;
          const judge = () => {
            const place = running.lane.replica?.place;
            if (place === undefined) return;
            expect(place.epoch > last.epoch || place.revision >= last.revision).toBe(true);
            last = place;
            expect(servedBy(running.lane)).toEqual(origin.states.get(`${place.lineage} ${place.revision}`));
          };
          const start = () => runLane(folder, [source], { onMoved: judge, timing: QUICK });
          running = start();
          const converge = async () => {
            await expect.poll(() => running.lane.replica?.place.revision, { interval: 1 }).toBe(origin.head);
            judge();
          };
          try {
            for (const step of steps) {
              if (step.kind === "commit") origin.commit(step.changes);
              else if (step.kind === "fail") failures = step.times;
              else if (step.kind === "compact") origin.compact(origin.head);
              else if (step.kind === "restore") origin.restore(pastOf(origin, step.back));
              else if (step.kind === "converge") await converge();
              else {
                await running.stop();
                running = start();
                judge();
              }
              judge();
            }
            failures = 0;
            await converge();
          } finally {
            await running.stop();
          }
        },
      ),
      { numRuns },
    );
  });
});

function pastOf(origin: ModelOrigin, back: number): number {
  const { revisions } = origin;
  return revisions[Math.max(0, revisions.length - 1 - back)] ?? 1;
}
