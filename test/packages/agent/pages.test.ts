import { describe, expect, test } from "vitest";
import { PageLimit } from "../../../packages/agent/page-limit.ts";
import { openPages } from "../../../packages/agent/pages.ts";
import { BrokenBody } from "../../../packages/client/body.ts";
import { LedgeError } from "../../../packages/client/errors.ts";
import type { ServerAnswer, ServerClient } from "../../../packages/client/server.ts";

describe("PageLimit", () => {
  test("is what comes within some seconds, by how long the last page took", () => {
    const limit = new PageLimit();
    limit.came(200_000);
    expect(limit.items).toBe(50);
  });

  test("grows to twice as much at most, and no further than a page may hold", () => {
    const limit = new PageLimit();
    limit.came(20_000);
    limit.came(1);
    expect(limit.items).toBe(1000);
    limit.came(200_000);
    limit.came(1);
    expect(limit.items).toBe(100);
    for (let nth = 0; nth < 9; nth += 1) limit.came(0);
    expect(limit.items).toBe(1000);
  });

  test("is one at the least, and grows from there", () => {
    const limit = new PageLimit();
    limit.came(100_000_000);
    expect(limit.items).toBe(1);
    limit.broke();
    expect(limit.items).toBe(1);
    limit.came(100);
    expect(limit.items).toBe(2);
  });
});

describe("openPages", () => {
  /** Answers by a list, and gives the limits that it was asked with. */
  const asking = (answers: readonly (number | LedgeError)[]) => {
    const limits: unknown[] = [];
    const server: Pick<ServerClient, "ask"> = {
      async ask({ query }) {
        const answer = answers[limits.length] ?? 0;
        limits.push(query?.limit);
        if (typeof answer !== "number") throw answer;
        return {
          status: 200,
          headers: new Headers(),
          bytes: new Uint8Array(),
          bodyMs: answer,
        } satisfies ServerAnswer;
      },
    };
    return { limits, ask: openPages(server) };
  };
  const unreachable = (cause: Error) => new LedgeError("unreachable", "gone", { retryable: true, cause });

  test("asks for less after a page that was slow, or broke off", async () => {
    const { limits, ask } = asking([100_000, unreachable(new BrokenBody("cut")), 0]);
    for (let nth = 0; nth < 3; nth += 1) await ask({ path: "/v1/list/shop" }).catch(() => {});
    expect(limits).toEqual([1000, 100, 25]);
  });

  test("asks for no less after a source that was away", async () => {
    const { limits, ask } = asking([unreachable(new Error("connection refused")), 0]);
    for (let nth = 0; nth < 2; nth += 1) await ask({ path: "/v1/list/shop" }).catch(() => {});
    expect(limits).toEqual([1000, 1000]);
  });
});
