/** A snapshot that was cut: by another source's turn, or by a process that was killed once its last page was here. */
import { describe, expect, onTestFinished, test } from "vitest";
import { fillSnapshot } from "../../../packages/agent/fill.ts";
import { closeReplica, ReplicaFile } from "../../../packages/agent/replica-file.ts";
import type { Source } from "../../../packages/agent/source.ts";
import { LedgeError } from "../../../packages/client/errors.ts";
import { runLane, servedBy } from "../../../testkit/edge/lanes.ts";
import { MODEL_NAMESPACE, ModelOrigin } from "../../../testkit/edge/model-source.ts";
import { testFolder } from "../../../testkit/host.ts";

const PAGES = { pageCommits: 3, pageDocuments: 1 };

function originWithTwo(): ModelOrigin {
  const origin = new ModelOrigin();
  origin.commit([
    ["deleted", "1"],
    ["kept", "1"],
  ]);
  return origin;
}

/** All of a snapshot, into the file that a lane would use; nobody has judged it. */
async function fill(folder: string, source: Source): Promise<void> {
  const db = new ReplicaFile(folder, MODEL_NAMESPACE, () => {}).openNext();
  await fillSnapshot(db, {
    subject: { namespace: MODEL_NAMESPACE },
    source,
    signal: new AbortController().signal,
    judge: () => {},
    onPage: () => {},
  });
  closeReplica(db);
}

describe("a snapshot that was cut", () => {
  test("is not gone on with by another source: what was deleted since is not here", async () => {
    const origin = originWithTwo();
    const told = origin.source(PAGES);
    let pages = 0;
    const first: Source = {
      ...told,
      name: "the first",
      changes: () => Promise.reject(new LedgeError("unreachable", "gone")),
      async snapshot(...asked) {
        if (pages > 0) throw new LedgeError("unreachable", "gone");
        pages += 1;
        const page = await told.snapshot(...asked);
        origin.commit([["deleted", undefined]]);
        return page;
      },
    };
    const running = runLane(testFolder(), [first, { ...told, name: "the second" }]);
    onTestFinished(() => running.stop());
    await expect.poll(() => running.lane.replica?.place.revision === origin.head).toBe(true);
    expect([pages, servedBy(running.lane)]).toEqual([1, origin.stateAt(origin.head)]);
  });

  const cutAfter = (origin: ModelOrigin, cuts: readonly number[]) => {
    const told = origin.source(PAGES);
    const asked: (string | undefined)[] = [];
    const source: Source = {
      ...told,
      name: "the first",
      async snapshot(subject, next, signal) {
        asked.push(next);
        if (cuts.includes(asked.length)) throw new LedgeError("unreachable", "gone", { retryable: true });
        return told.snapshot(subject, next, signal);
      },
    };
    return { source, asked };
  };

  test("goes on where it was, after a second source that is away", async () => {
    const origin = originWithTwo();
    // The second cut in turn: nothing came between, and the other source is asked.
    const { source, asked } = cutAfter(origin, [2, 3]);
    let others = 0;
    const away = () => {
      others += 1;
      return Promise.reject(new LedgeError("unreachable", "gone", { retryable: true }));
    };
    const second = { ...source, name: "the second", snapshot: away, changes: away };
    const running = runLane(testFolder(), [source, second]);
    onTestFinished(() => running.stop());
    await expect.poll(() => running.lane.replica?.place.revision).toBe(origin.head);
    expect(asked.filter((next) => next === undefined)).toHaveLength(1);
    expect([asked.length, others]).toEqual([4, 1]);
  });

  test("of a source that has given pages is gone on with by that source", async () => {
    const origin = originWithTwo();
    const { source, asked } = cutAfter(origin, [2]);
    const running = runLane(testFolder(), [source, { ...origin.source(PAGES), name: "the second" }]);
    onTestFinished(() => running.stop());
    await expect.poll(() => running.lane.replica?.place.revision).toBe(origin.head);
    expect(asked).toHaveLength(3);
    expect(running.lane.state.source?.name).toBe("the first");
  });

  test("at its very end begins anew: what was deleted since is not here", async () => {
    const origin = originWithTwo();
    const folder = testFolder();
    const before = runLane(folder, [origin.source(PAGES)]);
    await expect.poll(() => before.lane.replica).toBeDefined();
    await before.stop();
    await fill(folder, origin.source(PAGES));
    origin.commit([["deleted", undefined]]);
    origin.compact(origin.head);
    const running = runLane(folder, [origin.source(PAGES)]);
    onTestFinished(() => running.stop());
    await expect.poll(() => running.lane.replica?.place.revision).toBe(origin.head);
    expect(servedBy(running.lane)).toEqual(origin.stateAt(origin.head));
  });

  test("before it was judged is not served", async () => {
    const origin = originWithTwo();
    const folder = testFolder();
    await fill(folder, origin.source(PAGES));
    expect(new ReplicaFile(folder, MODEL_NAMESPACE, () => {}).open()).toEqual({ kind: "none" });
    const running = runLane(folder, [origin.source(PAGES)], { limits: { keys: 1 } });
    onTestFinished(() => running.stop());
    await expect.poll(() => running.lane.state.refusal?.code).toBe("quota_exceeded");
    expect(running.lane.replica).toBeUndefined();
  });
});
