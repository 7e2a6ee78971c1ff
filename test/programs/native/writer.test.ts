/** The way to the thread that commits: groups of what came meanwhile, bounded, and an end for each. */
import { setImmediate as comesIn } from "node:timers/promises";
import { describe, expect, test } from "vitest";
import type { GroupMember } from "../../../lib/store/commit/group.ts";
import { StoreFault } from "../../../lib/store/sqlite/driver.ts";
import type { WireResult } from "../../../programs/native/protocol.ts";
import { Writer } from "../../../programs/native/writer.ts";
import { openTestHost, root } from "../../../testkit/host.ts";
import { testNativeEngine } from "../../../testkit/native.ts";
import { proposalOf } from "../../../testkit/proposals.ts";

function member(bytes: number): GroupMember {
  const value = new Uint8Array(bytes);
  return { proposals: [proposalOf([{ op: "put", ns: "shop", key: "k", value }])], options: {} };
}

/** A writer whose thread answers when it is told to. */
function openWriter() {
  const groups: (readonly GroupMember[])[] = [];
  const writer = new Writer((members) => groups.push(members));
  const end = (results: readonly WireResult[]) => writer.ended(results);
  return { writer, groups, end, sizes: () => groups.map((group) => group.length) };
}

const done: WireResult = { ok: true, outcomes: [] };

describe("what waits for the thread that commits", () => {
  test("goes with what came in together, and else as one group when the thread is done", async () => {
    const { writer, sizes, end } = openWriter();
    const proposed = (count: number) => Array.from({ length: count }, () => writer.propose(member(1)));
    const all = proposed(2);
    await comesIn();
    expect(sizes()).toEqual([2]);
    for (let n = 0; n < 4; n += 1) {
      all.push(...proposed(1));
      await comesIn();
    }
    expect(sizes()).toEqual([2]);
    end([done, done]);
    expect(sizes()).toEqual([2, 4]);
    const fault: WireResult = { ok: false, fault: "disk I/O error" };
    end([done, fault, done, done]);
    expect(await Promise.all(all)).toEqual([done, done, done, fault, done, done]);
  });

  test("is in groups of bounded count and size, in order", async () => {
    const { writer, sizes, end } = openWriter();
    for (let n = 0; n < 301; n += 1) void writer.propose(member(1));
    for (let n = 0; n < 3; n += 1) void writer.propose(member(7_000_000));
    await comesIn();
    for (let left = 304; left > 0; ) {
      const size = sizes().at(-1) ?? 0;
      left -= size;
      end(Array.from({ length: size }, () => done));
    }
    expect(sizes()).toEqual([128, 128, 47, 1]);
  });

  test("is refused as busy beyond its bounds, with nothing begun", async () => {
    const { writer } = openWriter();
    for (let n = 0; n < 5; n += 1) void writer.propose(member(16_000_000));
    const refused = await writer.propose(member(16_000_000));
    expect(refused).toMatchObject({ ok: false, fault: expect.stringContaining("database is locked") });
    await expect(writer.commit(member(16_000_000).proposals, {})).rejects.toBeInstanceOf(StoreFault);
  });

  test("ends for the group that its thread died with, and goes on with the next", async () => {
    const { writer, sizes, end } = openWriter();
    const first = writer.propose(member(1));
    await comesIn();
    const second = writer.propose(member(1));
    writer.lost();
    // Whether that was committed is not known, so it is no `busy`.
    expect(await first).toEqual({ ok: false, fault: "the thread that commits ended" });
    expect(sizes()).toEqual([1, 1]);
    end([done]);
    expect(await second).toEqual(done);
  });
});

test("a store on a libSQL server is refused with what serves it", async () => {
  const engine = testNativeEngine();
  const databases = { default: { url: "http://127.0.0.1:1", token: "" } };
  await expect(openTestHost({ manifest: `${root}/spin.toml`, engine, databases })).rejects.toThrow(
    /use the Wasm engine/,
  );
});
