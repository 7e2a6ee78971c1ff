import { createServer } from "node:http";
import Database from "better-sqlite3";
import { beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { buildFor, openTestHost, PROBE_MANIFEST } from "../../../testkit/host.ts";

beforeAll(() => buildFor(PROBE_MANIFEST));

/** A server that answers with what it was sent. */
async function openEcho(): Promise<string> {
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      const { method, url, headers } = request;
      const sizeBytes = Buffer.concat(chunks).length;
      response.end(
        JSON.stringify({
          method,
          url,
          sizeBytes,
          length: headers["content-length"],
          probe: headers["x-probe"],
        }),
      );
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => void server.close());
  const address = server.address();
  return `http://127.0.0.1:${typeof address === "object" ? address?.port : 0}`;
}

describe("a wasi:http component", () => {
  test("gets a fresh instance for each request", async () => {
    const host = await openTestHost();
    for (let left = 3; left > 0; left -= 1)
      expect(await host.json("/scheduled/count")).toEqual({ counter: 1 });
  });

  test("sees the request, without Host and with Spin's headers", async () => {
    const host = await openTestHost();
    const body = "é".repeat(100_000);
    const seen = await host.json("/scheduled/echo?a=b%20c", {
      method: "POST",
      body,
      headers: { "X-One": "1" },
    });
    expect(seen).toMatchObject({ method: "POST", uri: "/scheduled/echo?a=b%20c", body });
    const text = JSON.stringify(seen);
    expect(text).toContain('["x-one","1"]');
    expect(text).toContain('["spin-path-info","/echo"]');
    expect(text).not.toContain('["host"');
  });

  test("fetches where it may, with a whole body and its length", async () => {
    const outside = await openEcho();
    const host = await openTestHost({ variables: { outside } });
    expect(await host.json(`/scheduled/fetch?${encodeURIComponent(`${outside}/a?b=c`)}`)).toEqual({
      status: 200,
      body: JSON.stringify({ method: "GET", url: "/a?b=c", sizeBytes: 0 }),
    });
    const body = "x".repeat(3_000_000);
    expect(await host.json(`/scheduled/fetch?${outside}/put`, { method: "POST", body })).toEqual({
      status: 200,
      body: JSON.stringify({
        method: "PUT",
        url: "/put",
        sizeBytes: body.length,
        length: "3000000",
        probe: "1",
      }),
    });
  });

  test("is denied any other address", async () => {
    const host = await openTestHost();
    expect(await host.json("/scheduled/fetch?http://127.0.0.1:2/")).toHaveProperty("error");
    expect(await host.json("/scheduled/fetch?https://127.0.0.1:1/")).toHaveProperty("error");
  });

  test("chains to another component", async () => {
    const host = await openTestHost();
    expect(await host.json("/scheduled/fetch?http://chained.spin.internal/x")).toMatchObject({ status: 201 });
  });

  test("compresses, sleeps, and reaches the store", async () => {
    const host = await openTestHost();
    const body = "a".repeat(1_000_000);
    expect(await host.json("/scheduled/gzip", { method: "POST", body })).toHaveProperty("sizeBytes");
    expect(await host.json("/scheduled/sleep")).toBe("slept");
    expect(await host.json("/scheduled/sql")).toEqual([["41", "integer", "é", "1,2"]]);
  });

  test("answers 500 and is replaced when it throws, and when it waits for nothing", async () => {
    const host = await openTestHost();
    expect((await fetch(`${host.url}/scheduled/nothing`)).status).toBe(500);
    expect((await fetch(`${host.url}/scheduled/never`)).status).toBe(500);
    expect(await host.json("/scheduled/count")).toEqual({ counter: 1 });
  });
});

describe("the cron trigger", () => {
  test("runs each tick in a fresh instance, on the same database", async () => {
    const host = await openTestHost();
    expect(await host.tick("scheduled")).toBeUndefined();
    expect(await host.tick("scheduled")).toBeUndefined();
    const db = new Database(host.databaseFile, { readonly: true });
    expect(db.prepare("select count(*), max(counter) from tick").raw(true).get()).toEqual([2, 1]);
    db.close();
  });

  test("only logs an error", async () => {
    const host = await openTestHost({ variables: { greeting: "fail" } });
    expect(await host.tick("scheduled")).toContain("status 500");
    expect(await host.tick("quick")).toContain("handle-cron-event");
  });

  test("ticks by itself when it is on", async () => {
    const host = await openTestHost({ cron: true, variables: { greeting: "fail" } });
    await expect.poll(() => host.lines.some(({ text }) => text.startsWith("tick failed"))).toBe(true);
  });
});
