/** Answers that are given again: never one that the request would not get now. */
import { copyFileSync, renameSync } from "node:fs";
import { describe, expect, onTestFinished, test } from "vitest";
import { formatToken } from "../../../lib/core/token.ts";
import { openNodeDb } from "../../../lib/store/sqlite/driver-node.ts";
import { migrate } from "../../../lib/store/sqlite/migrate.ts";
import type { HostOptions } from "../../../programs/host/options.ts";
import { keptAnswers } from "../../../programs/native/kept-answers.ts";
import { noCommits, StoreWatch } from "../../../programs/native/store-watch.ts";
import { askAs } from "../../../testkit/ask.ts";
import { testNativeEngine } from "../../../testkit/native.ts";
import { addNamespace, bootstrap, giveToken, propose, tokenOf } from "../../../testkit/proposals.ts";
import { openServedStore } from "../../../testkit/served-store.ts";
import { committedMigrations } from "../../../testkit/store.ts";
import { openWire } from "../../../testkit/wire.ts";

const ROOT = tokenOf("r");

/** A served store with `shop/a`, and how its owner asks for that and writes it. */
async function openShop(options: Partial<HostOptions> = {}) {
  const served = await openServedStore(
    (db) => {
      bootstrap(db);
      addNamespace(db, "shop");
      giveToken(db, ROOT, ["read", "write", "admin"]);
      propose(db, [{ op: "put", ns: "shop", key: "a", value: "1", if: -1 }]);
    },
    { engine: testNativeEngine(), ...options },
  );
  const ask = askAs(ROOT);
  const read = (headers: Record<string, string> = {}) =>
    ask(served.host, "GET", "/v1/read/shop?key=a", { headers });
  const put = (body: string) =>
    ask(served.host, "PUT", "/v1/write/shop?key=a", {
      headers: { "content-type": "text/plain", "if-match": "*" },
      body,
    });
  return { ...served, ask, read, put };
}

describe("an answer that is given again", () => {
  test("is the same to its last byte, and another one after a commit", async () => {
    const { read, put } = await openShop();
    const [first, second] = [await read(), await read()];
    expect([second.status, second.text]).toEqual([200, "1"]);
    const withoutDate = (headers: Headers) => [...headers].filter(([name]) => name !== "date");
    expect(withoutDate(second.headers)).toEqual(withoutDate(first.headers));
    for (let n = 2; n < 40; n += 1) {
      expect((await put(String(n))).status).toBe(200);
      expect((await read()).text).toBe(String(n));
      expect((await read()).text).toBe(String(n));
    }
  });

  test("is for the same request alone: another header has another answer", async () => {
    const { read, ask, host } = await openShop();
    const etag = (await read()).headers.get("etag") ?? "";
    for (let n = 0; n < 2; n += 1) {
      expect((await read({ "if-none-match": etag })).status).toBe(304);
      expect((await read()).status).toBe(200);
      expect((await read({ "ledge-colour": "red" })).status).toBe(400);
      expect((await ask(host, "GET", "/v1/read/shop?key=b")).status).toBe(404);
      expect((await ask(host, "GET", "/v1/read/shop?key=a", { token: "ldg_none" })).status).toBe(401);
      expect((await ask(host, "HEAD", "/v1/read/shop?key=a")).text).toBe("");
    }
  });

  test("is not for a request with a body in pieces, or with two hosts", async () => {
    const { host, read } = await openShop({ maxBodyBytes: 10 });
    expect((await read()).status).toBe(200);
    const head = `GET /v1/read/shop?key=a HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer ${formatToken(ROOT)}\r\n`;
    const statuses = async (...requests: string[]) => {
      const wire = await openWire(host, requests.join(""));
      await wire.closed;
      return [...wire.text().matchAll(/HTTP\/1\.1 (\d+)/g)].map(([, status]) => status);
    };
    const chunked = `${head}Transfer-Encoding: chunked\r\n\r\n`;
    expect(await statuses(`${chunked}0\r\n\r\n`, `${chunked}b\r\n${"x".repeat(11)}\r\n0\r\n\r\n`)).toEqual([
      "200",
      "413",
    ]);
    expect(await statuses(`${head}\r\n`, `${head}Host: localhost\r\nConnection: close\r\n\r\n`)).toEqual([
      "200",
      "400",
    ]);
  });

  test("ends with its token: revoked at once, expired to the millisecond", () => {
    const db = openNodeDb(":memory:");
    onTestFinished(() => db.close());
    migrate(db, committedMigrations());
    let nowMs = 1000;
    const answers = keptAnswers(new StoreWatch(db, noCommits()), () => nowMs);
    const reply = { status: 200, headers: [], body: Uint8Array.of(1), sameUntilMs: 2000 };
    const kept = { route: "/", prepared: { reply, headers: [], body: "x" } };
    const asked = { method: "GET", uri: "/", headers: [], body: new Uint8Array(0) };
    answers.keep("a", kept, asked);
    const { sameUntilMs: _, ...once } = reply;
    answers.keep("b", { route: "/", prepared: { reply: once, headers: [], body: "x" } }, asked);
    expect([answers.find("a"), answers.find("b")]).toEqual([kept, undefined]);
    nowMs = 1999;
    expect(answers.find("a")).toBe(kept);
    nowMs = 2000;
    expect(answers.find("a")).toBeUndefined();
    nowMs = 1000;
    expect(answers.find("a")).toBeUndefined();
  });

  test("is refused with its token's revocation, by the next request", async () => {
    const { host, ask, read } = await openShop();
    const { json } = await ask(host, "GET", "/v1/whoami");
    await read();
    expect((await read()).status).toBe(200);
    const revoked = await ask(host, "DELETE", `/v1/admin/tokens/${json.accessor}`, {
      headers: { "if-match": "*" },
    });
    expect(revoked.status).toBeLessThan(300);
    expect((await read()).status).toBe(401);
  });

  test("is not given once the store's file is another one", async () => {
    const { db, host, read } = await openShop();
    expect([(await read()).status, (await read()).status]).toEqual([200, 200]);
    const copy = `${host.databaseFile}-copy`;
    db.all("pragma wal_checkpoint(truncate)");
    copyFileSync(host.databaseFile, copy);
    renameSync(copy, host.databaseFile);
    expect((await read()).status).toBe(503);
  });

  test("is another one soon after a commit of another process", async () => {
    const { db, read } = await openShop();
    await read();
    propose(db, [{ op: "put", ns: "shop", key: "a", value: "theirs", if: -1 }]);
    await expect.poll(async () => (await read()).text).toBe("theirs");
  });
});
