import { IncomingMessage } from "node:http";
import { Socket } from "node:net";
import { beforeAll, describe, expect, test } from "vitest";
import { Bodies } from "../../../programs/host/front/bodies.ts";
import { buildFor, openTestHost, PROBE_MANIFEST, type TestHost } from "../../../testkit/host.ts";
import { openWire, toldOnWire } from "../../../testkit/wire.ts";

beforeAll(() => buildFor(PROBE_MANIFEST, ["quick"]));

const HEAD = "POST /quick/echo HTTP/1.1\r\nHost: localhost\r\n";
const sized = (bytes: number) => `${HEAD}Content-Length: ${bytes}\r\n\r\n`;
const chunk = (bytes: number) => `${bytes.toString(16)}\r\n${"z".repeat(bytes)}\r\n`;
const post = (host: TestHost, bytes: number, path = "/quick/echo") =>
  fetch(`${host.url}${path}`, { method: "POST", body: "b".repeat(bytes) });

/** Tries until the budget has been given back. */
async function fits(host: TestHost, bytes: number): Promise<void> {
  await expect.poll(async () => (await post(host, bytes)).status).toBe(200);
}

describe("bodies on their way in", () => {
  test("together have a cap: what does not fit is refused before it is read", async () => {
    const host = await openTestHost({ maxBodiesBytes: 1000 });
    const slow = await openWire(host, `${sized(900)}${"a".repeat(890)}`);
    await expect.poll(async () => (await post(host, 111)).status).toBe(503);
    await fits(host, 110);
    const refused = await openWire(host, sized(111));
    await refused.closed;
    expect(toldOnWire(refused.text())).toBe("503 overloaded");
    expect(refused.text()).toMatch(/\r\nretry-after: 1\r\n[\s\S]*"retryable":true/);
    const problem: unknown = await (await post(host, 111)).json();
    expect(problem).toEqual({
      type: "/problems/overloaded",
      title: expect.any(String),
      status: 503,
      code: "overloaded",
      instance: expect.any(String),
      detail: expect.stringContaining("1000 bytes"),
      retryable: true,
    });
    slow.socket.write("a".repeat(10));
    await expect.poll(slow.text).toMatch(/^HTTP\/1.1 200 /);
    await fits(host, 1000);
  });

  test("count by what has come, not by what was announced", async () => {
    const host = await openTestHost({ maxBodiesBytes: 1000 });
    for (let left = 4; left > 0; left -= 1) await openWire(host, `${sized(900)}a`);
    expect((await post(host, 900)).status).toBe(200);
  });

  test("leave a share to small ones", async () => {
    const bodies = new Bodies({ bytesMax: 1_000_000, togetherBytesMax: 800_000, timeoutMs: 60_000 });
    const read = (declaredBytes: number, sent: Buffer) => {
      const incoming = new IncomingMessage(new Socket());
      incoming.headers["content-length"] = String(declaredBytes);
      const whole = bodies.read(incoming);
      incoming.push(sent);
      return { incoming, whole };
    };
    const large = read(700_000, Buffer.alloc(699_990));
    await new Promise(setImmediate);
    expect(await read(70_000, Buffer.alloc(70_000)).whole).toEqual({ type: "overloaded" });
    const small = read(65_536, Buffer.alloc(65_536));
    small.incoming.push(null);
    const taken = await small.whole;
    expect(taken).toMatchObject({ type: "whole" });
    if (taken.type === "whole") taken.release();
    large.incoming.push(Buffer.alloc(10));
    large.incoming.push(null);
    expect(await large.whole).toMatchObject({ type: "whole" });
  });

  test("come in pieces of a byte, too", async () => {
    const host = await openTestHost();
    const pieces = "3\r\nabc\r\n1\r\nx\r\n".repeat(30_000);
    const sent = await openWire(host, `${HEAD}Transfer-Encoding: chunked\r\n\r\n${pieces}0\r\n\r\n`);
    await expect.poll(sent.text).toContain('"sizeBytes":120000');
    expect(sent.text()).toContain("abcx".repeat(250));
  });

  test("count as they come where no length is declared", async () => {
    const host = await openTestHost({ maxBodiesBytes: 1000 });
    const first = await openWire(host, `${HEAD}Transfer-Encoding: chunked\r\n\r\n${chunk(600)}`);
    await expect.poll(async () => (await post(host, 401)).status).toBe(503);
    expect((await post(host, 400)).status).toBe(200);
    const second = await openWire(host, `${HEAD}Transfer-Encoding: chunked\r\n\r\n${chunk(300)}`);
    await expect.poll(async () => (await post(host, 101)).status).toBe(503);
    second.socket.write(chunk(101));
    await second.closed;
    expect(toldOnWire(second.text())).toBe("503 overloaded");
    first.socket.write(`${chunk(400)}0\r\n\r\n`);
    await expect.poll(first.text).toMatch(/^HTTP\/1.1 200 /);
    await fits(host, 1000);
  });

  test("give their share back when the client goes away", async () => {
    // Not by the end of their time.
    const host = await openTestHost({ maxBodiesBytes: 1000, bodyTimeoutMs: 3_600_000 });
    const gone = await openWire(host, `${sized(900)}${"a".repeat(890)}`);
    await expect.poll(async () => (await post(host, 900)).status).toBe(503);
    gone.socket.destroy();
    await fits(host, 1000);
  });

  test("give their share back when they break off, after the answers before them", async () => {
    const host = await openTestHost({ maxBodiesBytes: 1000, bodyTimeoutMs: 3_600_000 });
    const before = `${sized(3).replace("echo", "sleep?300")}abc`;
    const broken = await openWire(host, `${before}${HEAD}Transfer-Encoding: chunked\r\n\r\n${chunk(600)}no`);
    await broken.closed;
    expect(broken.text().match(/HTTP\/1.1 \d+/g)).toEqual(["HTTP/1.1 200", "HTTP/1.1 400"]);
    await fits(host, 1000);
  });

  test("hold their share while a guest runs, also one that nobody waits for any more", async () => {
    const host = await openTestHost({ maxBodiesBytes: 1000 });
    const asleep = await openWire(host, `${sized(900).replace("echo", "sleep?5000")}${"a".repeat(900)}`);
    await expect.poll(async () => (await post(host, 900)).status).toBe(503);
    asleep.socket.destroy();
    expect((await post(host, 900)).status).toBe(503);
    await fits(host, 1000);
  });

  test("are cut when they take too long, and give their share back", async () => {
    const host = await openTestHost({ maxBodiesBytes: 1000, bodyTimeoutMs: 300 });
    const slow = await openWire(host, `${sized(900)}a`);
    await slow.closed;
    expect(toldOnWire(slow.text())).toBe("408 body_timeout");
    expect(slow.text()).toContain('"retryable":false');
    await fits(host, 1000);
  });

  test("are read on for a moment after a refusal, so that a client finds the answer", async () => {
    const host = await openTestHost({ maxBodyBytes: 1000 });
    const sizeBytes = 16 * 1024 * 1024;
    const sending = await openWire(host, sized(sizeBytes));
    const failed = await new Promise((resolve) => sending.socket.write("a".repeat(sizeBytes), resolve));
    expect(failed ?? undefined).toBe(undefined);
    await sending.closed;
    expect(toldOnWire(sending.text())).toBe("413 too_large");
  });
});
