import { randomBytes } from "node:crypto";
import { describe, expect, test } from "vitest";
import type { HttpReply } from "../../lib/core/http.ts";
import { formatToken, newToken } from "../../lib/core/token.ts";
import type { World } from "../../lib/http/world.ts";
import { StoreFault } from "../../lib/store/sqlite/driver.ts";
import { openNodeDb } from "../../lib/store/sqlite/driver-node.ts";
import { handlersOf } from "../../testkit/handlers.ts";
import { addNamespace, bootstrap, giveToken } from "../../testkit/proposals.ts";
import { makeNamespace, makeToken, openTestServer, putText, told } from "../../testkit/server.ts";
import { committedMigrations, openTestStore } from "../../testkit/store.ts";
import { worldOver } from "../../testkit/world.ts";

const migrations = committedMigrations();
const { read: configReadNow, write: configWriteNow, plan: configPlanNow } = handlersOf(migrations);

function codeOf({ status, headers, body }: HttpReply): string {
  return told({ status, headers: Object.fromEntries(headers), body: new Uint8Array(), text: String(body) });
}

/** A store with two namespaces, one of them public, and a token that may read `a` of `shop`. */
function openShop() {
  const { db } = openTestStore();
  bootstrap(db);
  addNamespace(db, "shop");
  addNamespace(db, "pub", { public: true });
  const token = newToken((length) => new Uint8Array(randomBytes(length)));
  giveToken(db, token, ["read"], { namespace: "shop", scope: "a" });
  return { db, token };
}

const put = { method: "PUT", uri: "/v1/write/shop?key=k", body: new TextEncoder().encode("x") };

describe("the store's faults", () => {
  test.each([
    { text: "database is locked", read: "503 busy", write: "503 busy" },
    { text: "database or disk is full", read: "507 storage_full", write: "507 storage_full" },
    { text: "SQLite error: string or blob too big", read: "413 too_large", write: "413 too_large" },
    { text: "Hrana: `http error: `error trying to connect: …``", read: "503 busy", write: "503 busy" },
    { text: "Hrana: `http error: `connection reset``", read: "503 busy", write: "503 outcome_unknown" },
    {
      text: "(error code: TRANSACTION_TIMEOUT) `Transaction timed out`",
      read: "503 busy",
      write: "503 busy",
    },
    { text: "disk I/O error", read: "503 not_ready", write: "503 outcome_unknown" },
  ])("are told by name: $text", ({ text, read, write }) => {
    const world = worldOver({
      all: () => {
        throw new StoreFault(text);
      },
    });
    const token: [string, string] = ["authorization", `Bearer ${formatToken(newToken(world.randomBytes))}`];
    const headers = [token, ["content-type", "text/plain"] as const];
    expect(
      codeOf(
        configReadNow({ method: "GET", uri: "/v1/read/shop?key=k", headers, body: new Uint8Array() }, world),
      ),
    ).toBe(read);
    expect(codeOf(configWriteNow({ ...put, headers }, world))).toBe(write);
    // A plan is posted, and has written nothing.
    const plan = { method: "POST", uri: "/v1/plan?message=m", headers, body: new Uint8Array() };
    expect(codeOf(configPlanNow(plan, world))).toBe(read);
  });

  test("that are ours are 500, without a word of what was inside", () => {
    const world = worldOver({
      all: () => {
        throw new TypeError("secret");
      },
    });
    const reply = configReadNow(
      { method: "GET", uri: "/v1/read/shop?key=k", headers: [], body: new Uint8Array() },
      world,
    );
    expect(codeOf(reply)).toBe("500 internal");
    expect(String(reply.body)).not.toContain("secret");
  });
});

describe("the store's state", () => {
  test("an empty database is made a store by whoever meets it first", () => {
    const db = openNodeDb(":memory:");
    const reply = configReadNow(
      { method: "GET", uri: "/v1/whoami", headers: [], body: new Uint8Array() },
      worldOver(db),
    );
    expect(codeOf(reply)).toBe("401 unauthenticated");
    expect(db.all("select format from store")).toEqual([[migrations.length]]);
    db.close();
  });

  test("an older one is brought up to date, a newer one refused", () => {
    const { db } = openTestStore();
    const ask = () =>
      codeOf(
        configReadNow(
          { method: "GET", uri: "/v1/whoami", headers: [], body: new Uint8Array() },
          worldOver(db),
        ),
      );
    db.all("update store set format=99");
    expect(ask()).toBe("503 store_newer");
    db.all("update store set format=?1", [migrations.length]);
    expect(ask()).toBe("401 unauthenticated");
  });

  test("one that is being restored answers nobody", async () => {
    const server = await openTestServer();
    await makeNamespace(server, "shop");
    server.db.all("update store set state='restoring'");
    for (const path of ["/v1/read/shop?key=k", "/v1/list/shop", "/v1/changes", "/readyz"]) {
      expect([path, told(await server.send("GET", path))]).toEqual([path, "503 not_ready"]);
    }
    server.db.all("update store set state='open'");
    expect((await server.send("GET", "/readyz")).status).toBe(200);
  });

  test("one in memory, or below FULL, takes no writes unless a setting accepts it", async () => {
    const server = await openTestServer();
    await makeNamespace(server, "shop");
    const headers = [
      ["authorization", `Bearer ${server.rootToken}`] as const,
      ["content-type", "text/plain"] as const,
    ];
    const pragmas = (synchronous: number, journal: string, file: string): World["db"] => ({
      all: (sql, params) => {
        if (sql.startsWith("pragma")) return [];
        const rows = server.db.all(sql, params);
        if (!sql.includes("pragma_synchronous")) return rows;
        // The last columns of the facts, too, are how the connection writes.
        return rows.map((row) => [...row.slice(0, -5), synchronous, journal, file, "3.49.1", 0]);
      },
    });
    const write = (db: World["db"], variables: Record<string, string> = {}) =>
      codeOf(configWriteNow({ ...put, headers }, worldOver(db, { variable: (name) => variables[name] })));
    expect(write(pragmas(2, "memory", ""))).toBe("503 store_in_memory");
    expect(write(pragmas(1, "wal", "/x"))).toBe("503 not_durable");
    expect(write(pragmas(1, "wal", "/x"), { accept_weak_durability: "true" })).toBe("201");
  });
});

describe("a token", () => {
  test("expires on the exact millisecond, which only the secret's holder is told", async () => {
    const server = await openTestServer();
    const expires = new Date(Date.now() + 86_400_000);
    const token = await makeToken(server, [{ verbs: ["read"], namespace: "*" }], {
      expires: expires.toISOString(),
    });
    const wrong = formatToken({
      accessor: token.slice(4, 16),
      secret: newToken((length) => randomBytes(length)).secret,
    });
    server.clock.ms = expires.getTime() - 1;
    expect((await server.send("GET", "/v1/whoami", { token })).status).toBe(200);
    server.clock.ms = expires.getTime();
    expect(told(await server.send("GET", "/v1/whoami", { token }))).toBe("401 token_expired");
    expect(told(await server.send("GET", "/v1/whoami", { token: wrong }))).toBe("401 bad_token");
  });
});

describe("a read that waits for a revision", () => {
  /** How long the read slept, and its answer. */
  function ask(
    db: World["db"],
    uri: string,
    token: string | undefined,
    slept?: () => void,
  ): { told: string; sleptMs: number } {
    let sleptMs = 0;
    const world = worldOver(db, {
      sleepMs: (ms) => {
        sleptMs += ms;
        slept?.();
      },
    });
    const headers: [string, string][] = [["ledge-min-revision", "1000"]];
    if (token !== undefined) headers.push(["authorization", `Bearer ${token}`]);
    const reply = configReadNow({ method: "GET", uri, headers, body: new Uint8Array() }, world);
    return { told: codeOf(reply), sleptMs };
  }

  test("waits only for who may read; no token, a wrong one, a foreign key: told at once", () => {
    const { db, token } = openShop();
    const good = formatToken(token);
    const wrong = formatToken({
      ...newToken((n) => new Uint8Array(randomBytes(n))),
      accessor: token.accessor,
    });
    expect(ask(db, "/v1/read/shop?key=a&wait=1", good)).toEqual({ told: "503 behind", sleptMs: 1000 });
    expect(ask(db, "/v1/read/shop?key=b&wait=1", good)).toEqual({ told: "403 forbidden", sleptMs: 0 });
    expect(ask(db, "/v1/read/shop?key=a&wait=1", wrong)).toEqual({ told: "401 bad_token", sleptMs: 0 });
    expect(ask(db, "/v1/read/shop?key=a&wait=1", undefined)).toEqual({
      told: "401 unauthenticated",
      sleptMs: 0,
    });
    expect(ask(db, "/v1/read/pub?key=a&wait=1", undefined)).toEqual({ told: "503 behind", sleptMs: 0 });
  });

  test("is judged anew with each look: a token that is revoked meanwhile gets no answer", () => {
    const { db, token } = openShop();
    const key = `token/${token.accessor}`;
    const revoke = () =>
      db.all(
        "update entry set value=cast(json_set(cast(value as text),'$.revokedMs',1) as blob) where namespace='_auth' and key=?",
        [key],
      );
    const uri = "/v1/read/shop?key=a&wait=1";
    expect(ask(db, uri, formatToken(token), revoke)).toEqual({ told: "401 bad_token", sleptMs: 2 });
    // The test's own hand wrote past the history; what the check of stores holds must be true again.
    db.all(
      "update entry set value=(select c.value from change c where c.namespace='_auth' and c.key=?1) where key=?1",
      [key],
    );
  });

  test("that asks for more than this server allows is answered after what it allows", () => {
    const { db, token } = openShop();
    expect(ask(db, "/v1/read/shop?key=a&wait=55", formatToken(token))).toEqual({
      told: "503 behind",
      sleptMs: 1000,
    });
  });
});

describe("the cursor of a list", () => {
  test("is good for an hour", async () => {
    const server = await openTestServer();
    await makeNamespace(server, "shop");
    for (const key of ["a", "b"]) await putText(server, "shop", key, "x");
    const madeMs = Date.now();
    server.clock.ms = madeMs;
    const { next } = JSON.parse((await server.send("GET", "/v1/list/shop?limit=1")).text);
    const path = `/v1/list/shop?limit=1&cursor=${next}`;
    for (const [afterMs, expected] of [
      [3_600_000, "200"],
      [3_600_001, "400 bad_cursor"],
      // A clock that went back makes no cursor of long ago good again.
      [-3_600_001, "400 bad_cursor"],
    ] as const) {
      server.clock.ms = madeMs + afterMs;
      expect([afterMs, told(await server.send("GET", path))]).toEqual([afterMs, expected]);
    }
  });
});

describe("a host that parks requests", () => {
  const parks = { variable: (name: string) => ({ host_parks: "true" })[name] };
  const get = (uri: string, headers: [string, string][]) => ({
    method: "GET",
    uri,
    headers,
    body: new Uint8Array(),
  });

  test("is told what a request waits for, and asks again", () => {
    const { db, token } = openShop();
    const headers: [string, string][] = [
      ["authorization", `Bearer ${formatToken(token)}`],
      ["ledge-min-revision", "1000"],
    ];
    const uri = "/v1/read/shop?key=a&wait=55";
    const world = worldOver(db, parks);
    const parked = configReadNow(get(uri, headers), world);
    expect([parked.status, parked.headers]).toEqual([202, [["ledge-park", "head=1000; seconds=55"]]]);
    const again = (text: string) => configReadNow(get(uri, [...headers, ["ledge-parked", text]]), world);
    expect(again("54999").status).toBe(202);
    expect(codeOf(again("55000"))).toBe("503 behind");
    expect(codeOf(again("end"))).toBe("503 behind");
    const follow = configReadNow(get("/v1/changes?since=4&wait=5", headers.slice(0, 1)), world);
    expect(follow.headers).toEqual([["ledge-park", "head=5; seconds=5"]]);
  });

  test("takes its header over; where nobody parks it is one that nobody knows", () => {
    const { db, token } = openShop();
    const headers: [string, string][] = [
      ["authorization", `Bearer ${formatToken(token)}`],
      ["ledge-parked", "end"],
    ];
    expect(codeOf(configReadNow(get("/v1/read/shop?key=a", headers), worldOver(db)))).toBe(
      "400 unknown_parameter",
    );
    expect(codeOf(configReadNow(get("/v1/read/shop?key=a", headers), worldOver(db, parks)))).toBe(
      "404 not_found",
    );
  });
});
