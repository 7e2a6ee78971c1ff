import { request } from "node:http";
import { connect } from "node:net";
import { join } from "node:path";
import { beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { buildFor, openTestHost, PROBE_MANIFEST, root, type TestHost } from "../../../testkit/host.ts";
import { openWire, toldOnWire } from "../../../testkit/wire.ts";

beforeAll(() => buildFor(PROBE_MANIFEST, ["quick"]));

const get = (path: string, ...headers: string[]) =>
  `GET ${path} HTTP/1.1\r\n${["Host: localhost", ...headers].join("\r\n")}\r\n\r\n`;
const bodies = (text: string) =>
  [...text.matchAll(/\r\n\r\n([^\r]*?)(?=HTTP\/1\.1|$)/g)].map(([, body]) => body);

describe("requests of one connection", () => {
  test("are begun one after the other, though many threads are free", async () => {
    const host = await openTestHost({ workers: 3 });
    const clocks = Array.from({ length: 4 }, (_, at) =>
      get("/quick/clock", ...(at === 3 ? ["Connection: close"] : [])),
    );
    const begunMs = Date.now();
    const wire = await openWire(host, `${get("/quick/sleep?300")}${clocks.join("")}`);
    await wire.closed;
    const [slept, ...times] = bodies(wire.text()).map(Number);
    expect(slept).toBeGreaterThanOrEqual(300);
    expect(times).toHaveLength(4);
    expect(times).toEqual([...times].sort((one, other) => one - other));
    expect(Number(times[0])).toBeGreaterThanOrEqual(begunMs + 300);
  });
});

describe("a client that says all it has", () => {
  test("gets the answer to what it asked before what cannot be read", async () => {
    const host = await openTestHost();
    const wire = await openWire(host, `${get("/quick/sleep?300")}NO HTTP AT ALL\r\n\r\n`);
    await wire.closed;
    const statuses = [...wire.text().matchAll(/HTTP\/1\.1 (\d+)/g)].map(([, status]) => status);
    expect(statuses).toEqual(["200", "400"]);
  });

  test("gets both of these answers, though it closes its own side at once", async () => {
    const host = await openTestHost();
    const wire = await openWire(host, "");
    wire.socket.end(`${get("/quick/sleep?100")}${get("/quick/clock")}NO HTTP AT ALL\r\n\r\n`);
    await wire.closed;
    const statuses = [...wire.text().matchAll(/HTTP\/1\.1 (\d+)/g)].map(([, status]) => status);
    expect(statuses).toEqual(["200", "200", "400"]);
  });

  test("gets its answer, though it closes its own side at once", async () => {
    const host = await openTestHost();
    const wire = await openWire(host, "");
    wire.socket.end(get("/quick/sleep?300"));
    await wire.closed;
    expect(wire.text()).toMatch(/^HTTP\/1\.1 200 /);
  });
});

describe("a refusal of a body that is too large", () => {
  test("comes at once where the length is declared", async () => {
    const host = await openTestHost({ maxBodyBytes: 10 });
    const late = await openWire(
      host,
      `POST /quick/echo HTTP/1.1\r\nHost: localhost\r\nContent-Length: 11\r\n\r\n`,
    );
    await expect.poll(late.text).toContain("too_large");
    late.socket.write("x".repeat(11));
    await late.closed;
    expect(toldOnWire(late.text())).toBe("413 too_large");
  });

  test("arrives at a client that sends all of it before it looks", async () => {
    const host = await openTestHost({ maxBodyBytes: 1000 });
    const answer = await new Promise<string>((resolve, reject) => {
      const outgoing = request(`${host.url}/quick/echo`, { method: "POST" }, (incoming) => {
        let text = "";
        incoming.setEncoding("utf8");
        incoming.on("data", (part) => {
          text += part;
        });
        incoming.on("end", () => resolve(text));
      });
      outgoing.on("error", reject);
      // Longer than a second between its pieces.
      const pieces = [1100, 20_000, 20_000];
      const next = () => {
        const size = pieces.shift();
        if (size === undefined) outgoing.end();
        else outgoing.write("x".repeat(size), () => setTimeout(next, 700));
      };
      next();
    });
    expect(JSON.parse(answer)).toMatchObject({ code: "too_large", status: 413, limit: 1000 });
  });

  test("comes before the body for who asks first", async () => {
    const host = await openTestHost({ maxBodyBytes: 10 });
    const head = (bytes: number) =>
      `POST /quick/echo HTTP/1.1\r\nHost: localhost\r\nExpect: 100-continue\r\nContent-Length: ${bytes}\r\n\r\n`;
    const large = await openWire(host, head(11));
    await expect.poll(large.text).toContain("too_large");
    expect(large.text()).toMatch(/^HTTP\/1\.1 413 /);
    const small = await openWire(host, head(10));
    await expect.poll(small.text).toMatch(/^HTTP\/1\.1 100 /);
    small.socket.write("0123456789");
    await expect.poll(small.text).toMatch(/HTTP\/1\.1 200 /);
  });
});

describe("the last answer of a connection", () => {
  const asked = async (host: TestHost, text: string) => {
    const wire = await openWire(host, "");
    wire.socket.end(text, "latin1");
    await wire.closed;
    return [...wire.text().matchAll(/HTTP\/1\.1 (\d+)/g)].map(([, status]) => status);
  };
  const post = (...headers: string[]) => get("/quick/echo", ...headers).replace("GET", "POST");

  test("has none behind it: what broke off in its body was refused already", async () => {
    const host = await openTestHost({ maxBodyBytes: 10 });
    expect(await asked(host, `${post("Content-Length: 11")}half`)).toEqual(["413"]);
    expect(await asked(host, `${post("Expect: tea", "Content-Length: 11")}half`)).toEqual(["417"]);
    expect(await asked(host, `${post("Host: localhost", "Content-Length: 9")}half`)).toEqual(["400"]);
  });

  test("has none behind it: not for what follows a request that asked for the end", async () => {
    const host = await openTestHost();
    const closing = get("/quick/sleep?100", "Connection: close");
    expect(await asked(host, `${closing}NO HTTP\r\n\r\n`)).toEqual(["200"]);
    const refused = post("Expect: tea", "Content-Length: 1");
    expect(await asked(host, `${refused}xNO HTTP\r\n\r\n`)).toEqual(["417"]);
  });

  test("may be lost on its way to a client that resets, and the server lives", async () => {
    const host = await openTestHost();
    for (const line of ["CONNECT a:1 HTTP/1.1", "NO HTTP", "GET / HTTP/1.1"]) {
      const wire = await openWire(host, `${line}\r\nHost: localhost\r\n\r\n`);
      await expect.poll(wire.text).toContain("HTTP/1.1 ");
      wire.socket.resetAndDestroy();
      await wire.closed;
    }
    expect(await asked(host, get("/quick/clock"))).toEqual(["200"]);
  });

  test("arrives, though the request was refused before its body was read", async () => {
    const host = await openTestHost();
    const body = "x".repeat(4_000_000);
    const length = `Content-Length: ${body.length}`;
    for (const [status, head] of [
      ["400", post("Host: localhost", length, "Connection: close")],
      ["417", post("Expect: tea", length)],
      ["404", post(length, "Connection: close").replace("/quick/echo", "/nothing")],
      ["200", post(length, "Connection: close").replace("/quick/echo", "/.well-known/spin/health")],
      // What is no request at all.
      ["400", `NO HTTP\r\n`],
      ["431", get("/quick/echo", `X: ${"y".repeat(17_000)}`)],
    ]) {
      const wire = await openWire(host, "");
      // It looks when all is sent; a connection that was reset by then has lost what came.
      wire.socket.pause();
      await new Promise<void>((resolve) => wire.socket.end(head + body, () => resolve()));
      wire.socket.resume();
      await wire.closed;
      expect(wire.text()).toContain(`HTTP/1.1 ${status} `);
    }
  });
});

describe("what no component sees", () => {
  const asked = async (host: TestHost, text: string) => {
    const wire = await openWire(host, text);
    await wire.closed;
    return wire.text();
  };

  test("is refused with a problem: no or two hosts, other methods, many headers, no HTTP", async () => {
    const host = await openTestHost();
    const twice = await asked(host, get("/quick/echo", "Host: localhost", "Connection: close"));
    expect(toldOnWire(twice)).toBe("400 bad_header");
    const close = "Host: localhost\r\nConnection: close\r\n\r\n";
    for (const method of ["TRACE", "PROPFIND", "FOO", "get", "CONNECT"]) {
      const text = await asked(host, `${method} /quick/echo HTTP/1.1\r\n${close}`);
      expect(toldOnWire(text)).toBe("405 method_not_allowed");
      expect(text).toMatch(/\r\nallow: GET, /);
    }
    const large = await asked(host, get("/quick/echo", `X: ${"y".repeat(17_000)}`));
    expect(toldOnWire(large)).toBe("431 headers_too_large");
    expect(large).toContain("16384 bytes");
    expect(large).toMatch(/\r\ndate: \w{3}, \d\d \w{3} \d{4} [\d:]{8} GMT\r\n/);
    expect(toldOnWire(await asked(host, "GET / NO\r\n\r\n"))).toBe("400 bad_header");
    const hostless = await asked(host, "GET /quick/echo HTTP/1.1\r\nConnection: close\r\n\r\n");
    expect(toldOnWire(hostless)).toBe("400 bad_header");
  });

  test("is refused after what came before it, with a method that no parser knows", async () => {
    const host = await openTestHost();
    for (const method of ["FOO", "CONNECT"]) {
      const text = await asked(
        host,
        `${get("/quick/sleep?100")}${method} / HTTP/1.1\r\nHost: localhost\r\n\r\n`,
      );
      expect([...text.matchAll(/HTTP\/1\.1 (\d+)/g)].map(([, status]) => status)).toEqual(["200", "405"]);
    }
  });

  test("is an expectation, which is refused with a problem", async () => {
    const host = await openTestHost();
    const text = await asked(
      host,
      "POST /quick/echo HTTP/1.1\r\nHost: localhost\r\nExpect: tea\r\nContent-Length: 1\r\n\r\nx",
    );
    expect(toldOnWire(text)).toBe("417 expectation_failed");
    expect(text).toContain("100-continue");
    const more = `${get("/quick/echo", "Expect: tea")}${get("/quick/echo", "Connection: close")}`;
    expect((await asked(host, more)).match(/HTTP\/1.1 \d+/g)).toEqual(["HTTP/1.1 417", "HTTP/1.1 200"]);
  });

  test("never is a header: the last of 2,400 arrives", async () => {
    const host = await openTestHost();
    const many = Array.from({ length: 2400 }, () => "a:b");
    const text = await asked(host, get("/quick/echo", ...many, "Last: here", "Connection: close"));
    expect(text).toContain('["last","here"]');
  });

  test("names what the path takes, by the component's own word", async () => {
    const host = await openTestHost({ manifest: join(root, "spin.toml") });
    const response = await fetch(`${host.url}/v1/whoami`, { method: "PROPFIND" });
    expect(response.status).toBe(405);
    expect(response.headers.get("allow")).toBe("GET, HEAD, OPTIONS");
    expect(await response.json()).toMatchObject({ code: "method_not_allowed", retryable: false });
    expect((await fetch(`${host.url}/v1/nowhere`, { method: "PROPFIND" })).status).toBe(404);
  });

  test("has the headers of every answer", async () => {
    const host = await openTestHost({ maxBodyBytes: 1 });
    const response = await fetch(`${host.url}/quick/echo`, { method: "POST", body: "xx" });
    expect(response.headers.get("vary")).toBe("Authorization, Cookie, Origin");
    expect(response.headers.get("cache-control")).toBe("no-store");
  });
});

describe("a stop", () => {
  test("closes connections that have asked nothing, or half of something", async () => {
    const host = await openTestHost();
    const silent = await openWire(host, "");
    const half = await openWire(host, "GET /quick/echo HTTP/1.1\r\nHost: local");
    const idle = await openWire(host, get("/quick/exact"));
    await expect.poll(idle.text).toContain("exact");
    await host.stop();
    await Promise.all([silent.closed, half.closed, idle.closed]);
  });

  test("answers what has arrived by then on a connection that was idle", async () => {
    const host = await openTestHost();
    const idle = await openWire(host, get("/quick/exact"));
    await expect.poll(idle.text).toContain("exact");
    // It lies in our own kernel's buffer when the stop begins.
    const sent = new Promise((resolve) => idle.socket.write(get("/quick/exact"), resolve));
    const stopped = host.stop();
    await sent;
    await Promise.all([stopped, idle.closed]);
    expect(bodies(idle.text())).toHaveLength(2);
    expect(idle.text()).toMatch(/\r\nconnection: close\r\n/i);
  });

  test("lets an answer go out, and ends a body that never comes when its grace is over", async () => {
    const host = await openTestHost();
    const slow = await openWire(host, get("/quick/sleep?2000"));
    const never = await openWire(
      host,
      "POST /quick/echo HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9\r\n\r\nx",
    );
    await fetch(`${host.url}/.well-known/spin/health`);
    await host.stop();
    await Promise.all([slow.closed, never.closed]);
    expect(slow.text()).toMatch(/^HTTP\/1\.1 200 [\s\S]*\r\nconnection: close\r\n/i);
    const late = connect(host.port, "127.0.0.1");
    onTestFinished(() => void late.destroy());
    await new Promise((resolve) => late.once("error", resolve));
  });
});
