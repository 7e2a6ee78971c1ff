/** Commits of the real components on the embedded host, and what happens inside their transaction. */
import { spawn } from "node:child_process";
import { join } from "node:path";
import { beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { type NodeDb, openNodeDb } from "../../../lib/store/sqlite/driver-node.ts";
import type { HostOptions } from "../../../programs/host/options.ts";
import { bundled } from "../../../testkit/bundle.ts";
import { type CommitAsk, type Said, sendCommitTo } from "../../../testkit/commits/ask.ts";
import type { Holding } from "../../../testkit/commits/holder.ts";
import { makeCommitScene, writeScene } from "../../../testkit/commits/scene.ts";
import { buildFor, openTestHost, root, type TestHost, testFolder } from "../../../testkit/host.ts";
import { checkStore } from "../../../testkit/store.ts";

const MANIFEST = join(root, "spin.toml");

beforeAll(() => buildFor(MANIFEST, ["config-read", "config-write", "admin"]));

interface Hosted {
  readonly host: TestHost;
  readonly file: string;
  readonly db: NodeDb;
  /** Sends a commit of one new document under an Idempotency-Key. */
  commit(id: string, more?: Record<string, unknown>): Promise<Said>;
}

/** A host over a store that has a namespace; the store is checked after the test. */
async function openHosted(options: Partial<HostOptions> = {}): Promise<Hosted> {
  const scene = makeCommitScene({ pendingEpoch: false });
  const file = join(testFolder(), "shared.db");
  writeScene(scene, file);
  const host = await openTestHost({ manifest: MANIFEST, databases: { default: file }, ...options });
  const db = openNodeDb(file, { mustExist: true });
  onTestFinished(() => {
    checkStore(db);
    db.close();
  });
  const token = scene.asks[0]?.token ?? "";
  return {
    host,
    file,
    db,
    commit(id, more = {}) {
      const change = { op: "put", namespace: "shop", key: id, mediaType: "text/plain", text: "v" };
      const ask: CommitAsk = { token, id, body: { changes: [{ ...change, ifRevision: 0 }], ...more } };
      return sendCommitTo(host.url, ask);
    },
  };
}

const headOf = ({ db }: Hosted) => Number(db.all("select revision from store")[0]?.[0]);

/** A process that keeps the file locked; ended after the test, or by what it gives, in the middle of its transaction. */
async function hold(file: string, holding: Holding): Promise<() => Promise<void>> {
  const program = await bundled("testkit/commits/holder.ts");
  const child = spawn(process.execPath, [program, file, holding], { stdio: ["ignore", "pipe", "inherit"] });
  const ended = new Promise<void>((resolve) => child.once("close", () => resolve()));
  onTestFinished(() => void child.kill("SIGKILL"));
  await new Promise<void>((resolve, reject) => {
    child.stdout.once("data", () => resolve());
    child.once("exit", (status) => reject(new Error(`the holder ended with ${status}`)));
  });
  return async () => {
    child.kill("SIGKILL");
    await ended;
  };
}

describe("a commit through the host while another process holds the store", () => {
  // Each waits as long as the host does; together they wait once.
  test("is busy at its begin, its end or out of turn, begins nothing, and succeeds later", async () => {
    const holdings: readonly Holding[] = ["writing", "reading", "turns"];
    const stages = [];
    for (const holding of holdings) {
      const hosted = await openHosted();
      stages.push({ holding, hosted, head: headOf(hosted), release: await hold(hosted.file, holding) });
    }
    await Promise.all(
      stages.map(async ({ holding, hosted, head, release }) => {
        const first = await hosted.commit("k");
        // Whoever waits for a turn may get one; SQLite promises neither.
        if (holding !== "turns" || first.status !== 200) {
          expect(first).toMatchObject({ status: 503, code: "busy" });
          expect(first.retryAfter).toMatch(/^[1-9]/);
          expect([holding, headOf(hosted)]).toEqual([holding, head]);
        }
        await release();
        expect(await hosted.commit("k")).toMatchObject({ status: 200, revision: head + 1 });
        expect(headOf(hosted)).toBe(head + 1);
      }),
    );
  });
});

/** Whether nobody holds the lock of a writer. */
function isFree(db: NodeDb): boolean {
  try {
    db.all("begin immediate");
  } catch {
    // Busy: whoever asks will ask again.
    return false;
  }
  db.all("rollback");
  return true;
}

describe("a commit whose guest ends inside its transaction", () => {
  /** Runs SQL at the last statement of a commit that says this message. */
  const atTheEnd = ({ db }: Hosted, message: string, sql: string) =>
    db.all(`create trigger z_${message} after update of revision on store
      when exists (select 1 from commits where revision=new.revision and message='${message}') begin ${sql}; end`);

  test.each([
    { name: "an instance that is used again", freshInstances: false },
    { name: "a fresh instance", freshInstances: true },
  ])("by a trap of $name is rolled back, and the next is taken at once", async ({ freshInstances }) => {
    const hosted = await openHosted({ freshInstances });
    const head = headOf(hosted);
    // More than the guest's memory takes.
    atTheEnd(hosted, "trap", "select raise(abort, hex(zeroblob(50000000)))");
    expect(await hosted.commit("k", { message: "trap" })).toMatchObject({ status: 500, text: "" });
    expect(hosted.host.lines.some(({ text }) => text.includes("wasm trap"))).toBe(true);
    expect(headOf(hosted)).toBe(head);
    expect(await hosted.commit("k")).toMatchObject({ status: 200, revision: head + 1 });
  });

  test("because its worker is over its limit is rolled back, and the next is taken", async () => {
    const hosted = await openHosted({ requestTimeoutMs: 1500 });
    const head = headOf(hosted);
    hosted.db.all("create table z_sum(x)");
    const numbers = "with recursive c(x) as (select 1 union all select x+1 from c where x < 12000000)";
    atTheEnd(hosted, "slow", `insert into z_sum select count(*) from (${numbers} select x from c)`);
    expect(await hosted.commit("k", { message: "slow" })).toMatchObject({
      status: 503,
      code: "outcome_unknown",
    });
    // The worker is ended as soon as it has left SQLite, and the commit was not its next step.
    const looker = openNodeDb(hosted.file, { busyTimeoutMs: 1 });
    onTestFinished(() => looker.close());
    await expect.poll(() => isFree(looker), { interval: 100 }).toBe(true);
    expect(await hosted.commit("k")).toMatchObject({ status: 200, revision: head + 1 });
    expect(headOf(hosted)).toBe(head + 1);
    expect(hosted.db.all("select message from commits where request_id='k'")).toEqual([[null]]);
    expect(hosted.db.all("select * from z_sum")).toEqual([]);
  });
});
