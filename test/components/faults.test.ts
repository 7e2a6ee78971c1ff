import { randomBytes } from "node:crypto";
import { describe, expect, test } from "vitest";
import { configRead } from "../../components/config-read/handler.ts";
import { configWrite } from "../../components/config-write/handler.ts";
import type { HttpReply } from "../../lib/core/http.ts";
import { formatToken, newToken } from "../../lib/core/token.ts";
import type { World } from "../../lib/http/world.ts";
import { StoreFault } from "../../lib/store/sqlite/driver.ts";
import { openNodeDb } from "../../lib/store/sqlite/driver-node.ts";
import { makeNamespace, makeToken, openTestServer, told } from "../../testkit/server.ts";
import { committedMigrations, openTestStore } from "../../testkit/store.ts";

const migrations = committedMigrations();

function worldOver(db: World["db"], variables: Record<string, string> = {}): World {
  return {
    db,
    nowMs: () => Date.now(),
    randomBytes: (length) => new Uint8Array(randomBytes(length)),
    sleepMs: () => {},
    log: () => {},
    variable: (name) => variables[name],
  };
}

function codeOf({ status, headers, body }: HttpReply): string {
  return told({ status, headers: Object.fromEntries(headers), body: new Uint8Array(), text: String(body) });
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
        configRead(migrations)(
          { method: "GET", uri: "/v1/read/shop?key=k", headers, body: new Uint8Array() },
          world,
        ),
      ),
    ).toBe(read);
    expect(codeOf(configWrite(migrations)({ ...put, headers }, world))).toBe(write);
  });

  test("that are ours are 500, without a word of what was inside", () => {
    const world = worldOver({
      all: () => {
        throw new TypeError("secret");
      },
    });
    const reply = configRead(migrations)(
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
    const reply = configRead(migrations)(
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
        configRead(migrations)(
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
      codeOf(configWrite(migrations)({ ...put, headers }, worldOver(db, variables)));
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
