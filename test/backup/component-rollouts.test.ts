/** Rollouts as a tick of the real exporter moves them, with a bucket and without one. */
import { beforeAll, expect, test } from "vitest";
import { askAs } from "../../testkit/ask.ts";
import { begin, put } from "../../testkit/backup.ts";
import { openServedBucket } from "../../testkit/bucket.ts";
import { variablesOf } from "../../testkit/bucket-settings.ts";
import { buildFor, LEDGE_MANIFEST } from "../../testkit/host.ts";
import { cheaperEngine } from "../../testkit/native.ts";
import { giveToken, putReserved, tokenOf } from "../../testkit/proposals.ts";
import { beaconOf, lineageOf, pointChannel } from "../../testkit/rollouts.ts";
import { openServedStore } from "../../testkit/served-store.ts";

const TOKEN = tokenOf("t");
const ask = askAs(TOKEN);
const ROUTE = "/v1/admin/rollouts/shop/stable";
const STEPS = [
  { labels: { ring: "canary" }, bakeSeconds: 0 },
  { percent: 100, bakeSeconds: 0 },
];

beforeAll(() => buildFor(LEDGE_MANIFEST));

/** A channel at the first of two revisions, and an edge in the ring `canary`. */
async function served(variables: Record<string, string> = {}, engine = cheaperEngine()) {
  let [first, second] = [0, 0];
  const opened = await openServedStore(
    (db) => {
      begin(db);
      giveToken(db, TOKEN, ["backup", "read", "history", "admin", "report", "rollout", "status"]);
      first = put(db, "k", "one");
      second = put(db, "k", "two");
      pointChannel(db, "shop/stable", first);
      putReserved(db, "_system", "edge/fra-1", '{"labels":{"ring":"canary"}}');
    },
    { variables, ...engine },
  );
  const { host, db } = opened;
  const begun = async (more: object = {}) => {
    const reply = await ask(host, "PUT", ROUTE, { json: { to: second, steps: STEPS, ...more } });
    if (reply.status !== 201) throw new Error(reply.text);
  };
  const report = (revision: number, more: object = {}) =>
    ask(host, "POST", "/v1/fleet/beacons", {
      json: {
        beacons: [
          beaconOf("fra-1", {
            namespace: "shop",
            lineage: lineageOf(db),
            channel: "stable",
            revision,
            ...more,
          }),
        ],
      },
    });
  const readAs = async (edge: string) =>
    (await ask(host, "GET", `/v1/read/shop?key=k&channel=stable&edge=${edge}`)).text;
  const rollout = async () => (await ask(host, "GET", ROUTE)).json;
  return { ...opened, first, second, begun, report, readAs, rollout };
}

test("each tick goes one step on, and the last one moves the channel", async () => {
  const { host, begun, report, readAs, rollout, second } = await served();
  await begun();
  await report(second);
  expect(await host.tick("snapshot-export")).toBeUndefined();
  expect(await rollout()).toMatchObject({ step: 1, state: "running" });
  expect(await readAs("fra-2")).toBe("two");
  await host.tick("snapshot-export");
  expect(await rollout()).toMatchObject({ state: "done" });
  const channel = await ask(host, "GET", "/v1/admin/channels/shop/stable");
  expect(channel.json.revision).toBe(second);
  const [commit] = (await ask(host, "GET", "/v1/commits?limit=1")).json.commits;
  expect(commit).toMatchObject({ actor: "_rollout", message: expect.stringContaining("Step 2 held") });
});

test("a tick brings it before a step that waits for a second person, and no further", async () => {
  const { host, begun, report, readAs, rollout, second } = await served();
  await begun({ steps: STEPS.map((step, at) => ({ ...step, review: at === 1 })) });
  await report(second);
  for (let nth = 0; nth < 2; nth += 1) {
    await host.tick("snapshot-export");
    expect(await rollout()).toMatchObject({ step: 0, state: "waiting" });
  }
  expect([await readAs("fra-1"), await readAs("fra-2")]).toEqual(["two", "one"]);
  await report(second, { errorRate: 1 });
  expect(await rollout()).toMatchObject({ step: 0, state: "failed" });
});

test("without a tick nothing moves", async () => {
  const { begun, report, rollout, second } = await served();
  await begun();
  await report(second);
  await report(second);
  expect(await rollout()).toMatchObject({ step: 0, state: "running" });
});

test("too little data stops it where it is, and it can be gone on with", async () => {
  const { host, begun, readAs, report, rollout, second } = await served();
  await begun();
  await host.tick("snapshot-export");
  expect(await rollout()).toMatchObject({
    state: "failed",
    step: 0,
    reason: expect.stringContaining("Too little"),
  });
  expect(await readAs("fra-1")).toBe("two");
  await report(second);
  expect((await ask(host, "POST", `${ROUTE}/resume`)).status).toBe(200);
  await host.tick("snapshot-export");
  expect(await rollout()).toMatchObject({ state: "running", step: 1 });
});

test("a refusal takes everybody back where that is wanted, also with a bucket", async () => {
  const { server } = await openServedBucket();
  const { host, begun, first, report, readAs, rollout, second } = await served(variablesOf(server));
  await begun({ onFailure: "back" });
  await report(first, { refusal: { code: "schema_violation", revision: second } });
  await host.tick("snapshot-export");
  expect(await rollout()).toMatchObject({
    state: "failed",
    step: -1,
    reason: expect.stringContaining("1 edge refuse"),
  });
  expect(await readAs("fra-1")).toBe("one");
  const status = await ask(host, "GET", "/v1/backup/status");
  expect(status.json.behindRevisions).toBe(0);
});

test("nothing moves while the store is closed", async () => {
  const { host, begun, report, rollout, second } = await served();
  await begun();
  await report(second);
  await ask(host, "PUT", "/v1/admin/mode", { json: { mode: "read_only" } });
  expect(await host.tick("snapshot-export")).toBeUndefined();
  expect(await rollout()).toMatchObject({ step: 0, state: "running" });
});

test("the components move one, too, and forget who was silent for long", async () => {
  const { db, host, begun, report, rollout, second } = await served({}, {});
  await begun();
  await report(second);
  const old = JSON.stringify({ edge: "x", namespace: "shop", atMs: Date.now() - 31 * 86_400_000 });
  db.all("insert into operation (name,value) values ('beacon/shop/x',?)", [old]);
  await host.tick("snapshot-export");
  expect(await rollout()).toMatchObject({ step: 1, state: "running" });
  expect(db.all("select name from operation where name like 'beacon/%'")).toEqual([["beacon/shop/fra-1"]]);
});

test("who waits for a revision hears of it when the last edge reports", async () => {
  const { host, first, report, second } = await served();
  await report(first);
  const waits = ask(host, "GET", `/v1/admin/fleet?revision=${second}&wait=50`);
  const early = ask(host, "GET", `/v1/admin/fleet?revision=${second}`);
  expect((await early).json.reached).toBe(false);
  await report(second);
  expect((await waits).json).toMatchObject({ reached: true, waiting: [] });
});
