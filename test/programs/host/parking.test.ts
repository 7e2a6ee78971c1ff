import { existsSync, renameSync } from "node:fs";
import { connect } from "node:net";
import { beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { changedAfterSql, reachedSql } from "../../../lib/store/catalogue/exported.sql.ts";
import { type NodeDb, openNodeDb } from "../../../lib/store/sqlite/driver-node.ts";
import { migrate } from "../../../lib/store/sqlite/migrate.ts";
import type { JobResult } from "../../../programs/host/engine.ts";
import type { HostOptions } from "../../../programs/host/options.ts";
import { openLookout } from "../../../programs/host/parking/lookout.ts";
import { Parking } from "../../../programs/host/parking/parking.ts";
import { type Parked, Places } from "../../../programs/host/parking/places.ts";
import { WaitingClient } from "../../../programs/host/parking/waiting-client.ts";
import type { GuestRequest } from "../../../programs/host/pool/protocol.ts";
import { begin, put, tick } from "../../../testkit/backup.ts";
import { memoryBucket } from "../../../testkit/bucket.ts";
import { buildFor, openTestHost, PROBE_MANIFEST, type TestHost } from "../../../testkit/host.ts";
import { addNamespace, propose } from "../../../testkit/proposals.ts";
import { noSqld, onSqld, openSqld, runtimeConfigFor, startSqld } from "../../../testkit/sqld.ts";
import { committedMigrations } from "../../../testkit/store.ts";

beforeAll(() => buildFor(PROBE_MANIFEST, ["quick"]));

interface Started {
  readonly host: TestHost;
  readonly db: NodeDb;
  /** The store's revision at the start. */
  readonly head: number;
}

/** The probe over a store with some history. */
async function start(options: Partial<HostOptions> = {}): Promise<Started> {
  const host = await openTestHost(options);
  const db = openNodeDb(host.databaseFile);
  onTestFinished(() => db.close());
  migrate(db, committedMigrations());
  begin(db);
  return { host, db, head: put(db, "first", "1") };
}

interface Told {
  parked: string;
  method: string;
  sizeBytes: number;
}

/** Waits by the probe, and gives what it was asked again with. */
async function wait(host: TestHost, until: string, init: RequestInit = {}): Promise<Told> {
  const answer = await fetch(`${host.url}/quick/park?${encodeURIComponent(until)}`, init);
  expect(answer.status).toBe(200);
  const told: Told = JSON.parse(await answer.text());
  return told;
}

const reached = expect.stringMatching(/^\d+$/);
const asked = ({ lines }: TestHost, until: string) =>
  lines.filter(({ text }) => text.includes(`"probe.asked"`) && text.includes(until)).length;
const parked = (host: TestHost, until: string, count = 1) =>
  expect.poll(() => asked(host, until)).toBe(count);

describe("a request that a component asks to park", () => {
  test("is asked again when the store has come to the revision, with its body", async () => {
    const { host, db, head } = await start();
    const until = `head=${head + 2}; seconds=50`;
    const waiting = wait(host, until, { method: "POST", body: "x".repeat(1000) });
    const there = await wait(host, `head=${head}; seconds=50`);
    expect(there.parked).toEqual(reached);
    await parked(host, until);
    put(db, "second", "2");
    // One that parks later and is answered: the revision before was seen, and waked nobody who waits for more.
    await wait(host, `head=${head + 1}; seconds=50`);
    expect(asked(host, until)).toBe(1);
    put(db, "third", "3");
    expect(await waiting).toEqual({ parked: reached, method: "POST", sizeBytes: 1000 });
    expect(asked(host, until)).toBe(2);
  });

  test("is not asked again for a change in another namespace than it waits for", async () => {
    const { host, db, head } = await start();
    const until = (namespace: string) => `head=${head + 1}; seconds=50; namespace=${namespace}`;
    const [here, elsewhere] = [wait(host, until("shop")), wait(host, until("other"))];
    await parked(host, until("shop"));
    await parked(host, until("other"));
    // Seen by whoever waits now: what came before is not known, and asks again.
    await wait(host, `head=${head}; seconds=50`);
    put(db, "second", "2");
    expect((await here).parked).toEqual(reached);
    await wait(host, `head=${head + 1}; seconds=50`);
    expect(asked(host, until("other"))).toBe(1);
    addNamespace(db, "other");
    expect(propose(db, [{ op: "put", ns: "other", key: "k", value: "v" }]).ok).toBe(true);
    expect((await elsewhere).parked).toEqual(reached);
  });

  test("is asked again for a change in any of the namespaces that it waits for", async () => {
    const { host, db, head } = await start();
    const until = (namespaces: string) => `head=${head + 1}; seconds=50; namespace=${namespaces}`;
    const here = ["other,shop", "shop,other"].map((names) => wait(host, until(names)));
    for (const names of ["other,shop", "shop,other"]) await parked(host, until(names));
    const elsewhere = wait(host, until("far,other"));
    await parked(host, until("far,other"));
    await wait(host, `head=${head}; seconds=50`);
    put(db, "second", "2");
    expect((await Promise.all(here)).map((one) => one.parked)).toEqual([reached, reached]);
    expect(asked(host, until("far,other"))).toBe(1);
    addNamespace(db, "other");
    expect(propose(db, [{ op: "put", ns: "other", key: "k", value: "v" }]).ok).toBe(true);
    expect((await elsewhere).parked).toEqual(reached);
  });

  test("is asked again when the bucket holds the revision", async () => {
    const { host, db, head } = await start();
    const until = `exported=${head}; seconds=50`;
    const waiting = wait(host, until);
    await parked(host, until);
    await tick(db, memoryBucket());
    expect((await waiting).parked).toEqual(reached);
  });

  test("is asked a last time when its time is over", async () => {
    const { host, head } = await start();
    expect((await wait(host, `head=${head + 1}; seconds=1`)).parked).toBe("end");
    expect((await wait(host, `exported=${head}; seconds=0`)).parked).toBe("end");
  });

  test("is a fault when it asks again after the end, or in words that nobody knows", async () => {
    const { host, head } = await start();
    for (const query of [`always?head=${head + 1}; seconds=0`, "?tail=1; seconds=1", "?"]) {
      const answer = await fetch(`${host.url}/quick/park/${query}`.replace("/?", "?"));
      expect([query, answer.status, await answer.text()]).toEqual([query, 500, ""]);
      expect(answer.headers.get("ledge-park")).toBe(null);
    }
  });

  test("is parked again when it asks for more before the end", async () => {
    const { host, db, head } = await start();
    const until = `head=${head}; seconds=1`;
    const answer = await fetch(`${host.url}/quick/park/always?${encodeURIComponent(until)}`);
    expect(answer.status).toBe(500);
    const heard = host.lines.flatMap(({ text }) => (text.includes("probe.asked") ? [JSON.parse(text)] : []));
    expect(heard.length).toBeGreaterThan(2);
    expect(heard.at(-1)).toMatchObject({ parked: "end" });
    expect(heard.at(-2)).toMatchObject({ parked: reached });
    put(db, "more", "1");
  });

  test("holds no worker: 200 of them leave two workers to others", async () => {
    const { host, db, head } = await start({ workers: 2 });
    const until = `head=${head + 1}; seconds=50`;
    const order: string[] = [];
    const waiting = Array.from({ length: 200 }, () => wait(host, until).then(() => order.push("waited")));
    await parked(host, until, 200);
    expect(await host.json("/quick/exact")).toBe("exact");
    order.push("other");
    put(db, "second", "2");
    await Promise.all(waiting);
    expect(order).toEqual(["other", ...new Array(200).fill("waited")]);
  });

  test("is told when the file went away meanwhile, and no other file takes its place", async () => {
    const { host, head } = await start();
    const until = `head=${head + 1}; seconds=2`;
    const waiting = fetch(`${host.url}/quick/park?${encodeURIComponent(until)}`);
    await parked(host, until);
    renameSync(host.databaseFile, `${host.databaseFile}.away`);
    const answer = await waiting;
    expect([answer.status, JSON.parse(await answer.text()).code]).toEqual([503, "store_replaced"]);
    expect(existsSync(host.databaseFile)).toBe(false);
  });

  test.each(["destroy", "end"] as const)(
    "is forgotten with its client (%s), and leaves its place",
    async (go) => {
      const { host, db, head } = await start({ maxParked: 1 });
      const until = `head=${head + 1}; seconds=50`;
      const socket = connect(host.port, "127.0.0.1");
      onTestFinished(() => {
        socket.destroy();
      });
      socket.write(`GET /quick/park?${encodeURIComponent(until)} HTTP/1.1\r\nHost: localhost\r\n\r\n`);
      await parked(host, until);
      expect((await wait(host, `head=${head}; seconds=50`)).parked).toBe("end");
      socket[go]();
      await expect.poll(async () => (await wait(host, `head=${head}; seconds=50`)).parked).toEqual(reached);
      put(db, "second", "2");
      await wait(host, `head=${head + 1}; seconds=49`);
      expect(asked(host, until)).toBe(1);
    },
  );

  test("is answered when the host stops", async () => {
    const { host, head } = await start();
    const until = `head=${head + 1}; seconds=50`;
    const waiting = wait(host, until);
    await parked(host, until);
    await host.stop();
    expect((await waiting).parked).toBe("end");
  });
});

describe("the headers between host and guest", () => {
  test("are taken from no client", async () => {
    const { host, head } = await start();
    const headers = { "Ledge-Parked": "end", "ledge-park": "head=1; seconds=1" };
    const seen = await host.json("/quick/echo", { headers });
    expect(JSON.stringify(seen)).not.toContain("ledge-park");
    const until = `head=${head}; seconds=50`;
    expect((await wait(host, until, { headers })).parked).toEqual(reached);
  });

  test("are shown to no client", async () => {
    const { host } = await start();
    const answer = await fetch(`${host.url}/quick/park/shown?head=1`);
    expect([answer.status, await answer.json()]).toEqual([200, "shown"]);
    expect([...answer.headers.keys()].filter((name) => name.startsWith("ledge-park"))).toEqual([]);
  });

  test("come with the variable, which the host sets for a component that declares it", async () => {
    const { host } = await start({ variables: { host_parks: "false" } });
    expect(await host.json("/quick/variable?host_parks")).toBe("true");
  });
});

describe("Parking", () => {
  const request: GuestRequest = { method: "PUT", uri: "/", headers: [], body: new Uint8Array(0) };
  const park: JobResult = {
    type: "reply",
    reply: { status: 202, headers: ["ledge-park", "head=1; seconds=50"], body: undefined },
  };
  const lookout = {
    everyMs: 1,
    look: async () => ({ head: 1, exported: null }),
    changedAfter: () => undefined,
    close: () => {},
  };
  const client = () => new WaitingClient();

  test("does not say that nothing was begun where a full queue refuses to ask again", async () => {
    const results: JobResult[] = [park, { type: "refused", waiting: 1 }];
    const ask = async () => results.shift() ?? park;
    const parking = new Parking({ parkedMax: 1, lookout, ask });
    expect(await parking.run("quick", request, client)).toEqual({ type: "timeout" });
  });

  test("asks a few again at one time, and all of them in the end", async () => {
    let atOnce = 0;
    let most = 0;
    const ask = async (_component: string, { headers }: GuestRequest): Promise<JobResult> => {
      if (!headers.includes("ledge-parked")) return park;
      atOnce += 1;
      most = Math.max(most, atOnce);
      await new Promise((resolve) => setImmediate(resolve));
      atOnce -= 1;
      return { type: "reply", reply: { status: 200, headers: [], body: undefined } };
    };
    const parking = new Parking({ parkedMax: 1000, lookout, ask });
    const all = await Promise.all(Array.from({ length: 100 }, () => parking.run("quick", request, client)));
    expect(all.filter((result) => result?.type === "reply")).toHaveLength(100);
    expect(most).toBe(16);
  });

  test("asks nobody again whose client went away before it was parked", async () => {
    let count = 0;
    const ask = async () => {
      count += 1;
      return park;
    };
    const parking = new Parking({ parkedMax: 1, lookout, ask });
    expect(await parking.run("quick", request, () => new WaitingClient({ gone: true }))).toBe(undefined);
    expect(count).toBe(1);
  });
});

test("who waits for edges is asked again when they report, and not for every commit", async () => {
  const request: GuestRequest = { method: "GET", uri: "/", headers: [], body: new Uint8Array(0) };
  let reached = { head: 1, exported: null, fleet: 2 };
  let looks = 0;
  const lookout = {
    everyMs: 1,
    async look() {
      looks += 1;
      return reached;
    },
    changedAfter: () => undefined,
    close: () => {},
  };
  let asked = 0;
  const ask = async (_component: string, { headers }: GuestRequest): Promise<JobResult> => {
    asked += 1;
    return headers.includes("ledge-parked")
      ? { type: "reply", reply: { status: 200, headers: [], body: undefined } }
      : {
          type: "reply",
          reply: { status: 202, headers: ["ledge-park", "fleet=3; seconds=50"], body: undefined },
        };
  };
  const parking = new Parking({ parkedMax: 1, lookout, ask });
  const answered = parking.run("admin", request, () => new WaitingClient());
  reached = { ...reached, head: 9 };
  await expect.poll(() => looks).toBeGreaterThan(20);
  expect(asked).toBe(1);
  reached = { ...reached, fleet: 3 };
  expect(await answered).toMatchObject({ reply: { status: 200 } });
  expect(asked).toBe(2);
});

test.each([changedAfterSql, reachedSql])("the lookout reads no whole table for $columns", ({ sql }) => {
  const db = openNodeDb(":memory:");
  onTestFinished(() => db.close());
  migrate(db, committedMigrations());
  const plan = db
    .all(`explain query plan ${sql}`, sql.includes("?1") ? [1] : [])
    .map((row) => String(row[3]));
  expect(plan.filter((step) => /^SCAN (change|commits|entry|operation)\b/.test(step))).toEqual([]);
});

describe("a commit beside a thousand requests that wait for another namespace", () => {
  const WAITING = 1000;

  test("asks none of them again", async () => {
    let head = 1;
    let changed = "elsewhere";
    let looks = 0;
    const lookout = {
      everyMs: 1,
      async look() {
        looks += 1;
        return { head, exported: null };
      },
      changedAfter: () => [changed],
      close: () => {},
    };
    const asked: string[] = [];
    const ask = async (component: string, { headers }: GuestRequest): Promise<JobResult> => {
      asked.push(component);
      const again = headers.includes("ledge-parked");
      const waits = ["ledge-park", `head=2; seconds=50; namespace=${component}`];
      return {
        type: "reply",
        reply: again
          ? { status: 200, headers: [], body: undefined }
          : { status: 202, headers: waits, body: undefined },
      };
    };
    const parking = new Parking({ parkedMax: WAITING + 1, lookout, ask });
    const run = (namespace: string) =>
      parking.run(
        namespace,
        { method: "GET", uri: "/", headers: [], body: new Uint8Array(0) },
        () => new WaitingClient(),
      );
    const waiting = Array.from({ length: WAITING }, () => run("here"));
    const seen = async () => {
      const before = looks;
      await expect.poll(() => looks, { interval: 1 }).toBeGreaterThan(before + 1);
    };
    await seen();
    for (; head < 20; head += 1) await seen();
    const one = run("elsewhere");
    await expect.poll(() => asked.filter((namespace) => namespace === "elsewhere").length).toBe(2);
    await one;
    expect(asked.filter((namespace) => namespace === "here")).toHaveLength(WAITING);
    changed = "here";
    head += 1;
    await Promise.all(waiting);
    expect(asked.filter((namespace) => namespace === "here")).toHaveLength(2 * WAITING);
  });

  test("asks all of them again when it changed tokens: one of theirs may be revoked", async () => {
    let head = 1;
    let looks = 0;
    let changed = "elsewhere";
    const lookout = {
      everyMs: 1,
      async look() {
        looks += 1;
        return { head, exported: null };
      },
      changedAfter: () => [changed],
      close: () => {},
    };
    const ask = async (_: string, { headers }: GuestRequest): Promise<JobResult> => {
      const at = headers.indexOf("ledge-parked");
      const waits = ["ledge-park", `head=${head + 1}; seconds=50; namespace=here`];
      const status = at < 0 ? 202 : headers[at + 1] === "end" ? 200 : 401;
      return { type: "reply", reply: { status, headers: at < 0 ? waits : [], body: undefined } };
    };
    const parking = new Parking({ parkedMax: 2, lookout, ask });
    const request = { method: "GET", uri: "/", headers: [], body: new Uint8Array(0) };
    const waiting = parking.run("config-read", request, () => new WaitingClient());
    const seen = looks;
    await expect.poll(() => looks, { interval: 1 }).toBeGreaterThan(seen + 1);
    changed = "_auth";
    head += 1;
    expect(await waiting).toMatchObject({ type: "reply", reply: { status: 401 } });
  });

  test("looks at none of them", () => {
    const places = new Places();
    let looks = 0;
    const waitsFor = (namespace: string): Parked => ({
      get park() {
        looks += 1;
        return { until: "head", revision: 2, seconds: 50, namespaces: [namespace] } as const;
      },
      wake: () => {},
    });
    for (let nth = 0; nth < WAITING; nth += 1) places.add(waitsFor(`other-${nth % 3}`));
    const here = waitsFor("here");
    places.add(here);
    looks = 0;
    const [found, ...others] = [["here", "nowhere"], []].flatMap((changed) => places.concernedBy(changed));
    expect(looks).toBe(0);
    expect(found).toBe(here);
    expect(others).toEqual([]);
  });
});

describe.skipIf(noSqld !== undefined)(onSqld("a store on a libSQL server"), () => {
  test("is looked at while somebody waits", async () => {
    const server = await startSqld();
    const db = await openSqld(server.url);
    onTestFinished(() => db.close());
    const host = await openTestHost({ runtimeConfigFile: runtimeConfigFor(server.url) });
    const lookout = openLookout({ url: server.url, token: "" });
    expect(await lookout.look()).toBe(undefined);
    migrate(db, committedMigrations());
    begin(db);
    const head = put(db, "first", "1");
    expect(await lookout.look()).toEqual({ head, exported: null });
    const until = `head=${head + 1}; seconds=50`;
    const waiting = wait(host, until);
    await parked(host, until);
    put(db, "second", "2");
    expect((await waiting).parked).toEqual(reached);
    await server.kill();
    expect(await lookout.look()).toBe(undefined);
  });
});
