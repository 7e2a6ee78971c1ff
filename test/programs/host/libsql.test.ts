import { randomBytes } from "node:crypto";
import { Worker } from "node:worker_threads";
import { beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { newToken } from "../../../lib/core/token.ts";
import { ask, askAs } from "../../../testkit/ask.ts";
import {
  buildFor,
  LEDGE_MANIFEST,
  openTestHost,
  PROBE_MANIFEST,
  type TestHost,
} from "../../../testkit/host.ts";
import { BOOTSTRAP_SECRET, digestOf } from "../../../testkit/server.ts";
import { noSqld, onSqld, openSqld, runtimeConfigFor, type Sqld, startSqld } from "../../../testkit/sqld.ts";
import { checkStore } from "../../../testkit/store.ts";
import { storeContract } from "../../../testkit/store-contract.ts";

beforeAll(() => buildFor(PROBE_MANIFEST, ["quick", "contract"]));

const openProbe = (server: Sqld) => openTestHost({ runtimeConfigFile: runtimeConfigFor(server.url) });

async function sql(host: TestHost, steps: unknown[]): Promise<unknown[]> {
  const answer = await host.json("/quick/sql", { method: "POST", body: JSON.stringify(steps) });
  if (!Array.isArray(answer)) throw new Error(JSON.stringify(answer));
  return answer;
}

const rows = (...values: unknown[][]) => expect.objectContaining({ rows: values });
const fault = (words: string) => ({ error: { tag: "io", val: expect.stringContaining(words) } });

describe.skipIf(noSqld !== undefined)(onSqld("a guest's SQLite on a libSQL server"), () => {
  test("passes the store contract from inside a component", async () => {
    for (const [at, one] of storeContract.entries()) {
      if (one.only === "file") continue;
      const host = await openProbe(await startSqld());
      expect(await (await fetch(`${host.url}/contract/${at}`)).text()).toBe(one.name);
      await host.stop();
    }
  });

  test("rolls back what a request left open at its end, and leaves nobody waiting", async () => {
    const server = await startSqld();
    const host = await openProbe(server);
    await sql(host, [["create table t(a)"]]);
    await sql(host, [["begin immediate"], ["insert into t values(1)"]]);
    // Less patient than the server, which ends a transaction that others wait for only after 5 s.
    const other = await openSqld(server.url, { answerMs: 3000 });
    other.all("begin immediate");
    other.all("rollback");
    expect(await sql(host, [["begin immediate"], ["select count(*) from t"], ["commit"]])).toEqual([
      rows(),
      rows([0]),
      rows(),
    ]);
  });

  test("counts for each request from nothing, though its stream is used again", async () => {
    const host = await openProbe(await startSqld());
    await sql(host, [["create table t(a)"], ["insert into t values(1),(2)"]]);
    expect(await sql(host, [["select changes(), last_insert_rowid()"]])).toEqual([rows([0, 0])]);
    expect(await sql(host, [["insert into t values(3)"], ["select changes()"]])).toEqual([
      expect.anything(),
      rows([1]),
    ]);
  });

  test("tells failures in the words of Spin's backend, and counts the values itself", async () => {
    const host = await openProbe(await startSqld());
    await sql(host, [["create table t(a unique)"], ["insert into t values(1)"]]);
    expect(await sql(host, [["insert into t values(1)"], ["select ?", []], ["vacuum"]])).toEqual([
      fault("cursor error: `error at step 0: (error code: SQLITE_CONSTRAINT) `SQLite error: UNIQUE"),
      fault("Wrong number of parameters passed to query. Got 0, needed 1"),
      fault("unsupported statement: vacuum"),
    ]);
  });

  test("is an error within the deadline while the server is away, and works again after", async () => {
    const server = await startSqld();
    const host = await openProbe(server);
    await sql(host, [["create table t(a)"]]);
    await server.kill();
    expect(await sql(host, [["select 1"]])).toEqual([fault("error trying to connect")]);
    await server.start();
    expect(await sql(host, [["select count(*) from t"]])).toEqual([rows([0])]);
  });
});

interface Client {
  readonly host: TestHost;
  /** Puts a document, whatever is there. The status, and the revision when there is one. */
  put(
    key: string,
    value: string,
    more?: Record<string, string>,
  ): Promise<{ status: number; code: string; revision: number }>;
  read(key: string): Promise<{ status: number; text: string }>;
}

/** Ledge's own components on hosts of their own, over one server; the first makes the token and the namespace. */
async function openHosts(server: Sqld, count: number): Promise<Client[]> {
  await buildFor(LEDGE_MANIFEST, ["config-read", "config-write", "admin"]);
  const token = newToken((length) => new Uint8Array(randomBytes(length)));
  const clients: Client[] = [];
  for (let n = 0; n < count; n += 1) {
    const host = await openTestHost({
      manifest: LEDGE_MANIFEST,
      runtimeConfigFile: runtimeConfigFor(server.url),
      variables: { bootstrap_secret: BOOTSTRAP_SECRET, accept_weak_durability: "true" },
    });
    const asRoot = askAs(token);
    if (n === 0) {
      const json = { name: "root", accessor: token.accessor, digest: digestOf(token) };
      const begun = await ask(host, "POST", "/v1/admin/bootstrap", { token: BOOTSTRAP_SECRET, json });
      expect(begun.status).toBe(201);
      expect((await asRoot(host, "PUT", "/v1/admin/namespaces/shop", { json: {} })).status).toBe(201);
    }
    clients.push({
      host,
      async put(key, value, more = {}) {
        const changes = [
          { op: "put", namespace: "shop", key, mediaType: "text/plain", text: value, ifRevision: "any" },
        ];
        const { status, json } = await asRoot(host, "POST", "/v1/commit", {
          json: { changes },
          headers: more,
        });
        return { status, code: json.code ?? "", revision: json.revision ?? 0 };
      },
      async read(key) {
        const { status, text } = await asRoot(host, "GET", `/v1/read/shop?key=${key}`);
        return { status, text };
      },
    });
  }
  return clients;
}

describe.skipIf(noSqld !== undefined)(onSqld("Ledge on a libSQL server"), () => {
  test("takes commits of two hosts at once: none is lost, no revision is given twice", async () => {
    const server = await startSqld();
    const [one, two] = await openHosts(server, 2);
    if (one === undefined || two === undefined) throw new Error("there are two");
    const EACH = 40;
    const commits = async (client: Client, name: string) => {
      const made: number[] = [];
      for (let n = 0; n < EACH; n += 1) {
        const { status, revision } = await client.put(`${name}/${n}`, `${n}`);
        expect(status).toBe(200);
        made.push(revision);
      }
      return made;
    };
    const made = await Promise.all([
      commits(one, "a"),
      commits(one, "b"),
      commits(two, "c"),
      commits(two, "d"),
    ]);
    const all = made.flat().sort((a, b) => a - b);
    expect(new Set(all).size).toBe(4 * EACH);
    expect(all).toEqual(Array.from({ length: 4 * EACH }, (_, n) => (all[0] ?? 0) + n));
    for (const own of made) expect(own).toEqual([...own].sort((a, b) => a - b));
    // Each sees at once what the other has written.
    expect(await two.read("a/7")).toEqual({ status: 200, text: "7" });
    expect(await one.read("c/39")).toEqual({ status: 200, text: "39" });
    const db = await openSqld(server.url);
    expect(db.all("select count(*) from entry where namespace='shop'")).toEqual([[4 * EACH]]);
    checkStore(db);
  });

  test("goes on behind a client that died inside its transaction", async () => {
    const server = await startSqld();
    const [client] = await openHosts(server, 1);
    const gone = await openSqld(server.url);
    gone.all("begin immediate");
    gone.all("delete from entry");
    expect((await client?.put("k", "v"))?.status).toBe(200);
    expect(await client?.read("k")).toEqual({ status: 200, text: "v" });
  });

  test("answers 503 while its server is away, and goes on afterwards", async () => {
    const server = await startSqld();
    const [client] = await openHosts(server, 1);
    if (client === undefined) throw new Error("there is one");
    expect((await client.put("k", "before")).status).toBe(200);
    await server.kill();
    expect(await client.put("k", "while")).toMatchObject({ status: 503, code: "busy" });
    expect(JSON.parse((await client.read("k")).text)).toMatchObject({ status: 503, code: "busy" });
    await server.start();
    expect(await client.read("k")).toEqual({ status: 200, text: "before" });
    expect((await client.put("k", "after")).status).toBe(200);
  });

  test("loses nothing acknowledged when its server dies, and says what is unknown", async () => {
    const server = await startSqld();
    const [client] = await openHosts(server, 1);
    if (client === undefined) throw new Error("there is one");
    const acknowledged: string[] = [];
    const codes = new Set<string>();
    let ended = false;
    const writing = Array.from({ length: 3 }, async (_, writer) => {
      for (let n = 0; !ended; n += 1) {
        const key = `w${writer}/${n}`;
        const { status, code } = await client.put(key, key, { "idempotency-key": key });
        if (status === 200) acknowledged.push(key);
        else codes.add(`${status} ${code}`);
      }
    });
    for (let round = 0; round < 3; round += 1) {
      const before = acknowledged.length;
      await expect.poll(() => acknowledged.length).toBeGreaterThan(before + 4);
      await server.kill();
      await server.start();
    }
    ended = true;
    await Promise.all(writing);
    for (const code of codes) expect(["503 busy", "503 outcome_unknown"]).toContain(code);
    const db = await openSqld(server.url);
    const there = new Set(db.all("select key from entry where namespace='shop'").map(([key]) => key));
    // The server's process died, not its machine: what it had acknowledged is in the files.
    expect(acknowledged.filter((key) => !there.has(key))).toEqual([]);
    expect(acknowledged.length).toBeGreaterThan(14);
    checkStore(db);
  });
});

describe("a libSQL server's token", () => {
  test("goes with every statement, and is never shown", async () => {
    const worker = new Worker(
      `const { parentPort } = require("node:worker_threads");
       const server = require("node:http").createServer((request, response) => {
         parentPort.postMessage(request.headers.authorization ?? "none");
         response.statusCode = 401;
         response.end("{}");
       });
       server.listen(0, "127.0.0.1", () => parentPort.postMessage(server.address().port));`,
      { eval: true },
    );
    onTestFinished(async () => void (await worker.terminate()));
    const port = await new Promise((resolve) => worker.once("message", resolve));
    const seen = new Promise((resolve) => worker.once("message", resolve));
    const host = await openTestHost({
      databases: { default: { url: `http://127.0.0.1:${port}`, token: "s3cret" } },
    });
    expect(await sql(host, [["select 1"]])).toEqual([fault("api error")]);
    expect(await seen).toBe("Bearer s3cret");
    expect(JSON.stringify(host.lines)).not.toContain("s3cret");
  });
});
