/** What the client does with a server that misbehaves: a `fetch` that answers by a list. */
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { BrokenBody } from "../../../packages/client/body.ts";
import { openServer, type ServerOptions } from "../../../packages/client/server.ts";

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

type Answer = Response | Error | "silence";

const problem = (code: string, status: number, retryable: boolean, headers: Record<string, string> = {}) =>
  new Response(JSON.stringify({ code, status, retryable, detail: `it is ${code}` }), {
    status,
    headers: { "content-type": "application/problem+json", ...headers },
  });

/** A server that answers so, one after the other, and the moments at which it was asked. */
function server(answers: Answer[], more: Partial<ServerOptions> = {}) {
  const asked: { readonly atMs: number; readonly headers: Headers; readonly url: string }[] = [];
  const begunMs = Date.now();
  const fetch = (url: unknown, init: RequestInit = {}): Promise<Response> => {
    asked.push({ atMs: Date.now() - begunMs, headers: new Headers(init.headers), url: String(url) });
    const answer = answers.shift();
    if (answer instanceof Response) return Promise.resolve(answer);
    if (answer instanceof Error) return Promise.reject(answer);
    return new Promise((_, reject) =>
      init.signal?.addEventListener("abort", () => reject(init.signal?.reason), { once: true }),
    );
  };
  return {
    asked,
    server: openServer({
      url: "http://ledge.test/",
      token: "t",
      fetch: fetch as typeof globalThis.fetch,
      ...more,
    }),
  };
}

const read = { method: "GET", path: "/v1/read/shop", query: { key: "a b/ü" } };
const write = { method: "POST", path: "/v1/commit", json: {} };

async function settled<T>(work: Promise<T>): Promise<T | { readonly code: unknown }> {
  const caught = work.catch((error: unknown) => ({ code: (error as { code?: unknown }).code ?? error }));
  await vi.runAllTimersAsync();
  return caught;
}

describe("a request", () => {
  test("is sent again while the server says that it may be, four times in all", async () => {
    const one = server(Array.from({ length: 9 }, () => problem("busy", 503, true)));
    expect(await settled(one.server.ask(read))).toEqual({ code: "busy" });
    expect(one.asked).toHaveLength(4);
    expect(one.asked[0]?.url).toBe("http://ledge.test/v1/read/shop?key=a+b%2F%C3%BC");
    expect(one.asked[0]?.headers.get("authorization")).toBe("Bearer t");
  });

  test("of many that fail together is not sent again each: a tenth, and ten more", async () => {
    const one = server(Array.from({ length: 999 }, () => problem("busy", 503, true)));
    const work = Promise.allSettled(Array.from({ length: 200 }, () => one.server.ask(read)));
    await settled(work);
    // What is saved up is no more than ten, however many there were before.
    expect(one.asked).toHaveLength(210);
    await settled(Promise.allSettled(Array.from({ length: 20 }, () => one.server.ask(read))));
    expect(one.asked).toHaveLength(232);
  });

  test.each([
    { good: 5, code: { code: "busy" } },
    { good: 6, code: { status: 200 } },
  ])("is sent again, when the budget was spent and $good have come through", async ({ good, code }) => {
    const busy = (count: number) => Array.from({ length: count }, () => problem("busy", 503, true));
    const fine = (count: number) => Array.from({ length: count }, () => new Response("x"));
    // Three repeats of each of three requests, one of the fourth: three tenths of a repeat are left.
    const one = server([...busy(14), ...fine(good), ...busy(1), ...fine(1)]);
    for (let nth = 0; nth < 4 + good; nth += 1) await settled(one.server.ask(read));
    expect(one.asked).toHaveLength(14 + good);
    expect(await settled(one.server.ask(read))).toMatchObject(code);
  });

  test("waits for as long as Retry-After says, at the least", async () => {
    const one = server([problem("rate_limited", 429, true, { "retry-after": "7" }), new Response("x")]);
    expect(await settled(one.server.ask(read))).toMatchObject({ status: 200 });
    expect(one.asked[1]?.atMs).toBeGreaterThanOrEqual(7000);
  });

  test("is not sent again where the server asks to wait for long", async () => {
    const one = server([problem("rate_limited", 429, true, { "retry-after": "3600" }), new Response("x")]);
    expect(await settled(one.server.ask(read))).toEqual({ code: "rate_limited" });
  });

  test.each([
    { what: "a refusal", answer: () => problem("forbidden", 403, false) },
    { what: "read-only mode, which a person ends", answer: () => problem("read_only", 503, true) },
    { what: "a bug", answer: () => problem("internal", 500, false) },
  ])("is not sent again after $what", async ({ answer }) => {
    const one = server([answer(), new Response("x")]);
    await settled(one.server.ask(read));
    expect(one.asked).toHaveLength(1);
  });

  test("that writes without an Idempotency-Key is sent once, whatever comes", async () => {
    for (const answer of [problem("busy", 503, true), new Error("reset"), "silence" as const]) {
      const one = server([answer, new Response("x")]);
      await settled(one.server.ask(write));
      expect(one.asked).toHaveLength(1);
    }
  });

  test("that writes with one is sent again with it, even where the outcome is unknown", async () => {
    const one = server([problem("outcome_unknown", 503, false), new Error("reset"), new Response("{}")]);
    expect(await settled(one.server.ask({ ...write, headers: { "idempotency-key": "k" } }))).toMatchObject({
      status: 200,
    });
    expect(one.asked.map(({ headers }) => headers.get("idempotency-key"))).toEqual(["k", "k", "k"]);
  });

  test("ends when there is no answer in time, and when a body stops in the middle", async () => {
    const body = new ReadableStream({ start: (controller) => controller.enqueue(Uint8Array.of(1)) });
    const stuck = (signal: AbortSignal | null | undefined) => {
      signal?.addEventListener("abort", () => void body.cancel().catch(() => {}));
      return new Response(body);
    };
    const silent = server(["silence", "silence", "silence", "silence"]);
    expect(await settled(silent.server.ask(read))).toEqual({ code: "unreachable" });
    expect(silent.asked).toHaveLength(4);
    const late = openServer({
      url: "http://ledge.test",
      attempts: 1,
      fetch: ((_: unknown, init: RequestInit) =>
        Promise.resolve(
          Object.assign(stuck(init.signal), {
            arrayBuffer: () =>
              new Promise((_done, reject) =>
                init.signal?.addEventListener("abort", () => reject(init.signal?.reason)),
              ),
          }),
        )) as typeof globalThis.fetch,
    });
    expect(await settled(late.ask(read))).toEqual({ code: "unreachable" });
  });

  /** An answer that begins at once; then so many bytes come each second, `seconds` long. */
  const flowing = (bytes: number, seconds = Number.POSITIVE_INFINITY, then: "end" | "silence" = "end") => {
    let left = seconds;
    const body = new ReadableStream({
      async pull(controller) {
        await new Promise((done) => setTimeout(done, 1000));
        controller.enqueue(new Uint8Array(bytes));
        left -= 1;
        if (left === 0 && then === "end") controller.close();
        if (left === 0) await new Promise(() => {});
      },
    });
    return new Response(body);
  };

  test("has as long as its answer goes on, at a kilobyte a second", async () => {
    const one = server([flowing(1100, 300)]);
    const answer = await settled(one.server.ask(read));
    if (!("bytes" in answer)) throw new Error("it is answered");
    expect([answer.bytes.length, one.asked.length]).toEqual([300 * 1100, 1]);
    expect(answer.bodyMs).toBeGreaterThanOrEqual(300_000);
  });

  test("ends when its answer drips, or goes on slower than that", async () => {
    for (const bytes of [1, 1000]) {
      const one = server([flowing(bytes)], { attempts: 1 });
      const error = one.server.ask(read).catch((caught: unknown) => caught);
      await vi.advanceTimersByTimeAsync(60_000);
      expect(await error).toMatchObject({ code: "unreachable", cause: expect.any(BrokenBody) });
    }
  });

  test("ends when its answer stops, however much of it has come", async () => {
    const one = server([flowing(1_000_000, 3, "silence")], { attempts: 1 });
    let ended: unknown;
    one.server.ask(read).catch((caught: unknown) => {
      ended = caught;
    });
    await vi.advanceTimersByTimeAsync(12_000);
    expect(ended).toBeUndefined();
    await vi.advanceTimersByTimeAsync(2000);
    expect(ended).toMatchObject({ code: "unreachable", cause: expect.any(BrokenBody) });
  });

  test("has as long as it takes, where the caller says so", async () => {
    const one = server(["silence"], { timeoutMs: Number.POSITIVE_INFINITY });
    const controller = new AbortController();
    let ended = false;
    const asked = one.server.ask({ ...read, signal: controller.signal }).catch((error: unknown) => error);
    asked.finally(() => {
      ended = true;
    });
    await vi.advanceTimersByTimeAsync(3_600_000);
    expect([ended, one.asked.length]).toEqual([false, 1]);
    controller.abort("enough");
    expect(await asked).toBe("enough");
  });

  test("is sent again where the caller says so, of what failed and what was asked", async () => {
    const seen: unknown[] = [];
    const mayRepeat: ServerOptions["mayRepeat"] = ({ code }, { method }) => {
      seen.push([code, method]);
      return code === "busy";
    };
    const one = server([problem("busy", 503, false), new Error("reset"), new Response("x")], { mayRepeat });
    expect(await settled(one.server.ask(write))).toEqual({ code: "unreachable" });
    expect(seen).toEqual([
      ["busy", "POST"],
      ["unreachable", "POST"],
    ]);
  });

  test("carries bytes as they are", async () => {
    let sent: unknown;
    const fetch: ServerOptions["fetch"] = (_, { body }) => {
      sent = body;
      return Promise.resolve(new Response("{}"));
    };
    const body = Uint8Array.of(0, 255, 128);
    await openServer({ url: "http://ledge.test", fetch }).ask({ ...read, method: "PUT", body });
    expect(sent).toEqual(body);
  });

  test("tells causes that are none of Ledge's as if they were not there", async () => {
    const errors = [null, "x", { detail: "no place" }, { pointer: "/a", namespace: "n", key: "k" }];
    const answer = new Response(JSON.stringify({ code: "stale", errors }), { status: 412 });
    const error = await server([answer])
      .server.ask(read)
      .catch((caught: unknown) => caught);
    expect(error).toMatchObject({ causes: [{ pointer: "/a", namespace: "n", key: "k" }] });
  });

  test("ends with the caller's own reason", async () => {
    const one = server(["silence"]);
    const controller = new AbortController();
    const asked = one.server.ask({ ...read, signal: controller.signal }).catch((error: unknown) => error);
    controller.abort("enough");
    expect(await asked).toBe("enough");
  });

  test("that a proxy answers with a page is told as no answer of Ledge", async () => {
    const one = server([new Response("<html>", { status: 404 })]);
    expect(await settled(one.server.ask(read))).toEqual({ code: "bad_answer" });
  });
});
