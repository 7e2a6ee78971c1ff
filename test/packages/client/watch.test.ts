/** How the client follows changes of servers that offer less, or have lost a place: a `fetch` that answers by a list. */
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { openConfig, type WatchEvent } from "../../../packages/client/index.ts";

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

const json = (content: unknown, status = 200) =>
  new Response(JSON.stringify(content), {
    status,
    headers: { "content-type": status < 300 ? "application/json" : "application/problem+json" },
  });
const refused = (code: string, status: number) =>
  json({ code, status, retryable: false, detail: code }, status);
const commit = (revision: number, key: string) => ({
  revision,
  time: "2026-11-22T10:00:00.123Z",
  partial: true,
  changes: [{ op: "put", namespace: "shop", key, mediaType: "text/plain", size: 1, text: key }],
});
const page = (revision: number, commits: readonly object[] = [], head = revision) =>
  json({ revision, head, cursor: `c${revision}`, commits });
const state = (revision: number, keys: readonly string[]) =>
  json({
    namespace: "shop",
    prefix: "",
    revision,
    prefixes: [],
    documents: keys.map((key) => ({
      key,
      etag: '"1-00000000"',
      revision: 1,
      mediaType: "text/plain",
      modified: "",
      text: key,
    })),
  });

/** Follows a server that gives these answers, and is silent then. */
function follow(answers: readonly Response[], onChange?: (event: WatchEvent) => void) {
  const left = [...answers];
  const asked: { readonly path: string; readonly atMs: number }[] = [];
  const begunMs = Date.now();
  const fetch = (url: unknown, init: RequestInit = {}): Promise<Response> => {
    const { pathname, search } = new URL(String(url));
    asked.push({ path: `${pathname}${search}`, atMs: Date.now() - begunMs });
    const answer = left.shift();
    if (answer !== undefined) return Promise.resolve(answer);
    return new Promise((_, reject) =>
      init.signal?.addEventListener("abort", () => reject(init.signal?.reason), { once: true }),
    );
  };
  const config = openConfig({
    url: "http://ledge.test",
    namespace: "shop",
    fetch: fetch as typeof globalThis.fetch,
    attempts: 1,
  });
  const events: WatchEvent[] = [];
  const watching = config.watch("", onChange ?? ((event) => void events.push(event)), { since: 4 });
  return { watching, events, asked };
}

const told = (events: readonly WatchEvent[]) =>
  events.map((event) =>
    event.type === "commit"
      ? `${event.revision}: ${event.changes.map(({ key }) => key).join()}`
      : `state at ${event.revision}: ${event.documents.map(({ key }) => key).join()}`,
  );

describe("whoever watches a server without events", () => {
  test("asks it to wait, and where it lets nobody wait asks now and then", async () => {
    const { events, asked, watching } = follow([
      page(4),
      page(5, [commit(5, "a")]),
      page(5),
      page(6, [commit(6, "b")]),
    ]);
    await vi.advanceTimersByTimeAsync(60_000);
    watching.close();
    await watching.done;
    expect(told(events)).toEqual(["5: a", "6: b"]);
    expect(asked.map(({ path }) => /wait=\d+/.exec(path)?.[0] ?? "events")).toEqual([
      "events",
      ...Array(4).fill("wait=50"),
    ]);
    // After a page with nothing in it there was a pause.
    expect((asked[3]?.atMs ?? 0) - (asked[2]?.atMs ?? 0)).toBeGreaterThanOrEqual(2500);
  });

  test.each(["compacted", "lineage", "revision_lost", "bad_cursor"])(
    "is told the whole state anew after %s, and what came since",
    async (code) => {
      const { events, watching } = follow([
        page(4),
        refused(code, code === "bad_cursor" ? 400 : 410),
        state(9, ["x", "y"]),
        page(10, [commit(10, "z")]),
      ]);
      await vi.advanceTimersByTimeAsync(60_000);
      watching.close();
      expect(told(events)).toEqual(["state at 9: x,y", "10: z"]);
    },
  );

  test("is told of a refusal, and of nothing more", async () => {
    const { watching, asked } = follow([page(4), refused("forbidden", 403)]);
    const ended = watching.done.catch((error: unknown) => error);
    await vi.advanceTimersByTimeAsync(60_000);
    expect(await ended).toMatchObject({ code: "forbidden" });
    expect(asked).toHaveLength(2);
  });

  test("ends with what its own function throws, and is told of no later commit", async () => {
    const seen: number[] = [];
    const { watching } = follow([page(4), page(6, [commit(5, "a"), commit(6, "b")])], ({ revision }) => {
      seen.push(revision);
      throw new Error("my own");
    });
    const ended = watching.done.catch((error: unknown) => error);
    await vi.advanceTimersByTimeAsync(60_000);
    expect([await ended, seen]).toEqual([new Error("my own"), [5]]);
  });
});
