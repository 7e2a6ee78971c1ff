/** Writers that share a store file: each commit that is answered with a revision has one of its own. */
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { openNodeDb } from "../../../lib/store/sqlite/driver-node.ts";
import { type CommitAsk, type Said, sendCommitTo } from "../../../testkit/commits/ask.ts";
import { runCommits } from "../../../testkit/commits/run.ts";
import { makeCommitScene, NOW_MS, writeScene } from "../../../testkit/commits/scene.ts";
import { FULL } from "../../../testkit/crash-sample.ts";
import { buildFor, openTestHost, root, testFolder } from "../../../testkit/host.ts";
import { checkStore } from "../../../testkit/store.ts";

const COMMITS = FULL ? 1000 : 40;
/** As long as a process takes to start. */
const START_MS = 1500;
/** Longer than a commit. */
const REST_MS = 10;
const MANIFEST = join(root, "spin.toml");

/** What a writer sends: documents of its own, and one that all of them change. */
function asksOf(writer: string, token: string): CommitAsk[] {
  return Array.from({ length: COMMITS }, (_, n) => {
    const put = { op: "put", namespace: "shop", mediaType: "text/plain", text: `${writer} ${n}` };
    const changes = [
      { ...put, key: `${writer}/${n}`, ifRevision: 0 },
      { ...put, key: "of-all", ifRevision: "any" },
    ];
    return { token, id: `${writer}-${n}`, body: { changes } };
  });
}

/** A store that several writers are about to share, and what each of them sends. */
function openShared(writers: readonly string[]) {
  const scene = makeCommitScene({ pendingEpoch: false });
  const file = join(testFolder(), "shared.db");
  writeScene(scene, file);
  const token = scene.asks[0]?.token ?? "";
  return { file, orders: writers.map((writer) => asksOf(writer, token)) };
}

/** Every commit was acknowledged, under a revision of its own, and stands in the history exactly once. */
function expectOnce(file: string, said: readonly Said[], asks: readonly CommitAsk[]): void {
  const db = openNodeDb(file, { mustExist: true });
  try {
    checkStore(db);
    const acknowledged = said.filter(({ status }) => status === 200);
    expect(said.filter(({ status, code }) => status !== 200 && code !== "busy")).toEqual([]);
    expect(acknowledged.map(({ id }) => id).sort()).toEqual(asks.map(({ id }) => id).sort());
    const history = db.all(
      "select revision, request_id from commits where request_id is not null order by 1",
    );
    const told = acknowledged.map(({ revision, id }) => [revision, id]);
    expect(history).toEqual(told.sort(([one], [other]) => Number(one) - Number(other)));
    const revisions = db.all("select revision from commits order by 1").flat();
    expect(revisions).toEqual(revisions.map((_, at) => at + 1));
    const writers = history.map(([, id]) => String(id).split("-")[0]);
    expect(writers.filter((writer, at) => writer !== writers[at - 1]).length).toBeGreaterThan(2);
    expect(db.all("select version from entry where key='of-all'")).toEqual([[asks.length]]);
  } finally {
    db.close();
  }
}

describe("writers at one file", () => {
  test("in processes of their own lose no commit and double none", async () => {
    const { file, orders } = openShared(["a", "b"]);
    const beginMs = Date.now() + START_MS;
    const runs = await Promise.all(
      orders.map((asks, at) =>
        runCommits(
          { file, asks, nowMs: NOW_MS, attempts: 100, beginMs, restMs: REST_MS },
          { orderFile: `${file}.${at}.json` },
        ),
      ),
    );
    expectOnce(
      file,
      runs.flatMap(({ said }) => said),
      orders.flat(),
    );
  });
});

describe("two hosts at one file", () => {
  beforeAll(() => buildFor(MANIFEST, ["config-read", "config-write", "admin"]));

  test("lose no commit and double none", async () => {
    const { file, orders } = openShared(["a", "b"]);
    const said: Said[] = [];
    const hosts = await Promise.all(
      orders.map(() => openTestHost({ manifest: MANIFEST, databases: { default: file } })),
    );
    await Promise.all(
      orders.map(async (asks, at) => {
        const url = hosts[at]?.url ?? "";
        for (const ask of asks) {
          for (let attempt = 1, status = 0; attempt <= 100 && status !== 200; attempt += 1) {
            const answer = await sendCommitTo(url, ask);
            status = answer.status;
            said.push(answer);
          }
        }
      }),
    );
    expectOnce(file, said, orders.flat());
  });
});
