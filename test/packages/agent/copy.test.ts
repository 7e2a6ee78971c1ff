/** The copy of the last good replica: when it is made, and what stands in its place once it had to be served. */
import { existsSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { LedgeError } from "../../../packages/client/errors.ts";
import { QUICK, runLane, servedBy } from "../../../testkit/edge/lanes.ts";
import { ModelOrigin } from "../../../testkit/edge/model-source.ts";
import { testFolder } from "../../../testkit/host.ts";

const PAGES = { pageCommits: 3, pageDocuments: 2 };
const AWAY = { ...PAGES, before: () => Promise.reject(new LedgeError("unreachable", "gone")) };

describe("the copy of a replica", () => {
  test("is made anew while commits never stop", async () => {
    const origin = new ModelOrigin();
    const folder = testFolder();
    const running = runLane(folder, [origin.source(PAGES)], { timing: { ...QUICK, copyAfterMs: 200 } });
    onTestFinished(() => running.stop());
    const moreAndCopied = async () => {
      const revision = origin.commit([["a", `${origin.head}`]]);
      await expect.poll(() => running.lane.replica?.place.revision, { interval: 1 }).toBe(revision);
      return existsSync(join(folder, "shop.previous.db"));
    };
    await expect.poll(moreAndCopied, { interval: 1 }).toBe(true);
  });

  test("is served until the state has come anew, which a start without a source has", async () => {
    const origin = new ModelOrigin();
    origin.commit([["a", "1"]]);
    const folder = testFolder();
    const copy = join(folder, "shop.previous.db");
    const first = runLane(folder, [origin.source(PAGES)]);
    await expect.poll(() => existsSync(copy)).toBe(true);
    await first.stop();
    writeFileSync(join(folder, "shop.db"), "this is no database any more".repeat(1000));
    const second = runLane(folder, [origin.source(PAGES)]);
    await expect.poll(() => second.lane.state.from).toBe("current");
    const before = statSync(copy).ino;
    origin.commit([["a", "2"]]);
    await expect.poll(() => statSync(copy).ino).not.toBe(before);
    origin.commit([["a", "3"]]);
    await expect.poll(() => second.lane.replica?.place.revision).toBe(origin.head);
    await second.stop();
    const third = runLane(folder, [origin.source(AWAY)]);
    onTestFinished(() => third.stop());
    expect(servedBy(third.lane)).toEqual(origin.stateAt(origin.head));
    expect(third.lane.state.from).toBe("current");
  });
});
