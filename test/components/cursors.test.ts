/**
 * Every cursor of every token, tried with every other token and on every other route: it shows nobody what that caller
 * would not be shown from the beginning. And what a token with `read` alone can learn of the past.
 */
import { describe, expect, test } from "vitest";
import { z } from "zod";
import { CURSOR_MS } from "../../lib/core/sealed-cursor.ts";
import {
  makeNamespace,
  makeToken,
  openTestServer,
  putText,
  type TestServer,
  told,
} from "../../testkit/server.ts";

const KEYS = ["a", "team/one", "team/two"];
const NAMESPACES = ["shop", "far", "open"];

/** Routes with pages, each of one item, and what a caller is to repeat with the next one. */
const PAGED: Readonly<Record<string, string>> = {
  "list of shop": "/v1/list/shop?limit=1&values=text",
  "list of far": "/v1/list/far?limit=1&values=text",
  "list of open": "/v1/list/open?limit=1&values=text",
  "list of a scope": "/v1/list/shop?limit=1&values=text&prefix=team/",
  "history of shop": "/v1/history/shop?limit=1&values=text",
  "history of open": "/v1/history/open?limit=1&values=text",
  "comparison of shop": "/v1/diff/shop?limit=1&values=text&from=1",
  feed: "/v1/changes?limit=1&values=text",
  "feed of shop": "/v1/changes?limit=1&values=text&ns=shop",
  log: "/v1/commits?limit=1&values=text",
  "log of shop": "/v1/commits?limit=1&values=text&ns=shop",
  "a commit": "/v1/commits/last?limit=1&values=text",
  search: "/v1/search?limit=1&q=.",
  "search of shop": "/v1/search?limit=1&q=.&ns=shop",
  namespaces: "/v1/admin/namespaces?limit=1",
  tokens: "/v1/admin/tokens?limit=1",
};
/** Their cursors are good for nobody else, whatever that caller may see. */
const SEALED = /^(list|history|comparison|search)/;

const ROOT = "root";
const GRANTS = {
  "read shop": [{ verbs: ["read"], namespace: "shop" }],
  "read team": [{ verbs: ["read"], namespace: "shop", scope: "team/" }],
  "history shop": [{ verbs: ["read", "history"], namespace: "shop" }],
  "history far": [{ verbs: ["read", "history"], namespace: "far" }],
  "admin far": [{ verbs: ["admin"], namespace: "far" }],
  "write shop": [{ verbs: ["write"], namespace: "shop" }],
  all: [{ verbs: ["read", "history", "admin", "status"], namespace: "*" }],
} as const;

interface Callers {
  readonly server: TestServer;
  /** Null: nobody. */
  readonly tokens: ReadonlyMap<string, string | null>;
}

/** What is told apart stands in keys, values, messages and names as `<place>.<what>.`, so that it is found in any answer. */
const markersIn = (text: string): string[] => [...new Set(text.match(/\b[a-z]+\.[a-z/]+\.\d/g) ?? [])].sort();

async function openWithTokens(): Promise<Callers> {
  const server = await openTestServer();
  for (const name of NAMESPACES) await makeNamespace(server, name, name === "open" ? { public: true } : {});
  for (const round of [1, 2]) {
    for (const namespace of NAMESPACES) {
      for (const key of KEYS) await putText(server, namespace, key, `${namespace}.${key}.${round}`);
    }
  }
  const changes = NAMESPACES.flatMap((namespace) =>
    KEYS.map((key) => ({
      op: "put",
      namespace,
      key,
      ifRevision: "any",
      mediaType: "text/plain",
      text: `${namespace}.${key}.3`,
    })),
  );
  const made = await server.send("POST", "/v1/commit", { json: { message: "last.commit.1", changes } });
  expect(told(made)).toBe("200");
  const tokens = new Map<string, string | null>([
    [ROOT, server.rootToken],
    ["nobody", null],
  ]);
  for (const [name, grants] of Object.entries(GRANTS)) tokens.set(name, await makeToken(server, grants));
  return { server, tokens };
}

const Paged = z.looseObject({ next: z.string().optional(), cursor: z.string().optional() });
const Feed = z.looseObject({ commits: z.array(z.unknown()), revision: z.number(), head: z.number() });

interface Walked {
  readonly markers: readonly string[];
  readonly cursors: readonly string[];
}

/** All pages of a route from the beginning or from a cursor on, as one caller sees them. */
async function walk(server: TestServer, token: string | null, path: string, from?: string): Promise<Walked> {
  const markers = new Set<string>();
  const cursors: string[] = [];
  const first = from === undefined ? path : `${path}&cursor=${from}`;
  for (let page = await server.send("GET", first, { token }); page.status === 200; ) {
    for (const marker of markersIn(page.text)) markers.add(marker);
    const answer = Paged.parse(JSON.parse(page.text));
    const next = answer.next ?? answer.cursor;
    const feed = Feed.safeParse(answer);
    if (next === undefined || (feed.success && feed.data.revision >= feed.data.head)) {
      if (next !== undefined) cursors.push(next);
      break;
    }
    cursors.push(next);
    page = await server.send("GET", `${path}&cursor=${next}`, { token });
  }
  return { markers: [...markers], cursors };
}

const head = async (server: TestServer): Promise<number> =>
  z.object({ revision: z.number() }).parse(JSON.parse((await server.send("GET", "/v1/list/shop")).text))
    .revision;

describe("a cursor", () => {
  test("shows no other caller more than that caller sees without it", async () => {
    const { server, tokens } = await openWithTokens();
    const last = await lastCommit(server);
    let tried = 0;
    for (const [route, path] of Object.entries(PAGED)) {
      const asked = path.replace("/last", `/${last}`);
      const seen = new Map<string, Walked>();
      for (const [name, token] of tokens) seen.set(name, await walk(server, token, asked));
      for (const [owner, { cursors }] of seen) {
        for (const cursor of cursors) {
          for (const [name, token] of tokens) {
            if (name === owner) continue;
            const reply = await server.send("GET", `${asked}&cursor=${cursor}`, { token });
            tried += 1;
            const allowed = new Set(seen.get(name)?.markers);
            const beyond = markersIn(reply.text).filter((marker) => !allowed.has(marker));
            expect({ route, owner, name, beyond }).toEqual({ route, owner, name, beyond: [] });
            if (SEALED.test(route)) expect(reply.status).not.toBe(200);
          }
        }
      }
    }
    expect(tried).toBeGreaterThan(500);
  });

  test("of one route is refused by every other one", async () => {
    const { server } = await openWithTokens();
    const last = await lastCommit(server);
    const paths = Object.entries(PAGED).map(
      ([route, path]) => [route, path.replace("/last", `/${last}`)] as const,
    );
    for (const [route, path] of paths) {
      const [cursor] = (await walk(server, server.rootToken, path)).cursors;
      expect(cursor, route).toBeDefined();
      for (const [other, otherPath] of paths) {
        if (other === route) continue;
        const reply = await server.send("GET", `${otherPath}&cursor=${cursor}`);
        expect(`${route} on ${other}: ${told(reply)}`).toBe(`${route} on ${other}: 400 bad_cursor`);
      }
    }
  });
});

describe("a token that may only read", () => {
  test("learns nothing of the past but what its own list showed within the hour", async () => {
    const { server, tokens } = await openWithTokens();
    const token = tokens.get("read shop") ?? null;
    const path = "/v1/list/shop?limit=1&values=text";
    const madeMs = Date.now();
    server.clock.ms = madeMs;
    const begun = Paged.parse(JSON.parse((await server.send("GET", path, { token })).text)).next;
    await putText(server, "shop", "team/two", "shop.team/two.4");
    const newest = await head(server);
    const old = /shop\.[a-z/]+\.[12]|shop\.team\/two\.3/;
    const asked = [
      ...Object.values(PAGED).map((one) => one.replace("/last", `/${newest - 1}`)),
      ...Array.from({ length: newest }, (_, at) => `/v1/read/shop?key=team/two&revision=${at + 1}`),
      ...Array.from({ length: newest }, (_, at) => `/v1/changes?ns=shop&values=text&since=${at}`),
      `/v1/list/shop?values=text&revision=${newest - 1}`,
      "/v1/diff/shop?values=text&from=1",
      "/v1/history/shop?values=text&key=team/two",
    ];
    for (const one of asked) {
      const { markers } = one.includes("limit=1")
        ? await walk(server, token, one)
        : { markers: markersIn((await server.send("GET", one, { token })).text) };
      expect({ one, old: markers.filter((marker) => old.test(marker)) }).toEqual({ one, old: [] });
    }
    const rest = await walk(server, token, path, begun);
    expect(rest.markers).toContain("shop.team/two.3");
    server.clock.ms = madeMs + CURSOR_MS + 1;
    expect(told(await server.send("GET", `${path}&cursor=${begun}`, { token }))).toBe("400 bad_cursor");
  });
});

async function lastCommit(server: TestServer): Promise<number> {
  const page = await server.send("GET", "/v1/commits?message=last.commit.1");
  const { commits } = z
    .object({ commits: z.array(z.object({ revision: z.number() })) })
    .parse(JSON.parse(page.text));
  return commits[0]?.revision ?? 0;
}
