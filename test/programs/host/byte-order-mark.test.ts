import { beforeAll, describe, expect, onTestFinished, test, vi } from "vitest";
import { guessType } from "../../../programs/cli/tree/bytes-type.ts";
import { begin, expectSame, put, remove, restore } from "../../../testkit/backup.ts";
import { openServedBucket } from "../../../testkit/bucket.ts";
import { variablesOf } from "../../../testkit/bucket-settings.ts";
import { buildFor, LEDGE_MANIFEST } from "../../../testkit/host.ts";
import { openServedStore } from "../../../testkit/served-store.ts";
import { makeNamespace, makeToken, openTestServer, type TestServer, told } from "../../../testkit/server.ts";
import { openTestStore } from "../../../testkit/store.ts";

const MARK = "\ufeff";
const KEYS = ["x", `${MARK}x`, `${MARK}${MARK}`, `a${MARK}b`];

beforeAll(() => buildFor(LEDGE_MANIFEST));

/** The real components on the embedded host. */
async function hosted(): Promise<TestServer> {
  vi.stubEnv("LEDGE_TEST_HOST", "wasm");
  onTestFinished(() => {
    vi.unstubAllEnvs();
  });
  const server = await openTestServer();
  await makeNamespace(server, "shop");
  return server;
}

const path = (door: string, key: string) => `/v1/${door}/shop?key=${encodeURIComponent(key)}`;

/** Each key holds itself, so that an answer tells whose it is. */
async function putKeys(server: TestServer): Promise<void> {
  for (const key of KEYS) {
    const headers = { "content-type": "text/plain", "if-none-match": "*" };
    expect(told(await server.send("PUT", path("write", key), { headers, body: key }))).toBe("201");
  }
}

interface Page {
  documents: { key: string; text: string }[];
  next?: string;
}

/** Page by page of one document, but no more pages than there can be. */
async function listed(server: TestServer, token: string): Promise<Page["documents"]> {
  const documents: Page["documents"] = [];
  let query = "limit=1&values=text";
  for (let page = 0; page <= KEYS.length; page += 1) {
    const reply = await server.send("GET", `/v1/list/shop?${query}`, { token });
    const { documents: some, next }: Page = JSON.parse(reply.text);
    documents.push(...some);
    if (next === undefined) return documents;
    query = `limit=1&values=text&cursor=${next}`;
  }
  throw new Error("the list does not end");
}

const byBytes = (texts: readonly string[]) =>
  [...texts].sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));

describe("U+FEFF at the front of a text", () => {
  test("makes another key, for reads and for grants", async () => {
    const server = await hosted();
    await putKeys(server);
    for (const key of KEYS) {
      const reply = await server.send("GET", path("read", key));
      expect(Buffer.from(reply.body)).toEqual(Buffer.from(key));
    }
    const token = await makeToken(server, [{ verbs: ["read"], namespace: "shop", scope: `${MARK}x` }]);
    expect(told(await server.send("GET", path("read", "x"), { token }))).toBe("403 forbidden");
    expect(told(await server.send("GET", path("read", `${MARK}x`), { token }))).toBe("200");
  });

  test("stays in lists, which end, and in what a prefix covers", async () => {
    const server = await hosted();
    await putKeys(server);
    const pages = await listed(server, server.rootToken);
    expect(pages.map(({ key }) => key)).toEqual(byBytes(KEYS));
    for (const { key, text } of pages) expect(text).toBe(key);
    const prefix = await server.send("GET", `/v1/list/shop?prefix=${encodeURIComponent(MARK)}`);
    const { documents }: Page = JSON.parse(prefix.text);
    expect(documents.map(({ key }) => key)).toEqual(byBytes(KEYS.filter((key) => key.startsWith(MARK))));
  });

  test("stays in values, messages and authors, in history and in the feed", async () => {
    const server = await hosted();
    const change = { op: "put", namespace: "shop", key: `${MARK}k`, ifRevision: 0 };
    const changes = [
      { ...change, mediaType: "text/plain", text: `${MARK}a${MARK}` },
      { ...change, key: `${MARK}j`, value: MARK },
    ];
    const said = { message: `${MARK}why`, author: `${MARK}kim${MARK}` };
    const meta = { [`${MARK}n`]: `${MARK}v` };
    const made = await server.send("POST", "/v1/commit", { json: { changes, ...said, meta } });
    expect(told(made)).toBe("200");
    const { revision }: { revision: number } = JSON.parse(made.text);
    const wanted = {
      ...said,
      revision,
      changes: [
        { key: `${MARK}j`, value: MARK },
        { key: `${MARK}k`, text: `${MARK}a${MARK}` },
      ],
    };
    const first = await server.send("GET", `/v1/changes?since=${revision - 1}&values=json`);
    const page: { cursor: string; commits: unknown[] } = JSON.parse(first.text);
    expect(page.commits).toMatchObject([wanted]);
    const kept = await server.send("GET", `/v1/commits/${revision}`);
    expect(JSON.parse(kept.text)).toMatchObject({ ...said, meta });
    await putKeys(server);
    const filtered = `ns=shop&prefix=${encodeURIComponent(`${MARK}x`)}`;
    const start = await server.send("GET", `/v1/changes?since=${revision}&limit=1&${filtered}`);
    const { cursor }: { cursor: string } = JSON.parse(start.text);
    const rest = await server.send("GET", `/v1/changes?cursor=${encodeURIComponent(cursor)}&${filtered}`);
    const two: { commits: { changes: { key: string }[] }[] }[] = [
      JSON.parse(start.text),
      JSON.parse(rest.text),
    ];
    expect(two.flatMap(({ commits }) => commits.flatMap((one) => one.changes.map(({ key }) => key)))).toEqual(
      [`${MARK}x`],
    );
  });

  test("is backed up and restored", async () => {
    const { server, bucket } = await openServedBucket();
    const { db, host } = await openServedStore(
      (store) => {
        begin(store);
        for (const key of KEYS) put(store, key, key);
        remove(store, `${MARK}x`);
      },
      { variables: variablesOf(server) },
    );
    expect(await host.tick("snapshot-export")).toBe(undefined);
    const copy = openTestStore();
    expect(await restore(copy.db, bucket)).toMatchObject({ check: "proven" });
    expectSame(copy.db, db);
  });
});

describe("guessType", () => {
  test("takes JSON behind U+FEFF for text: the store would refuse it as JSON", () => {
    expect(guessType(Buffer.from(`${MARK}{}`))).toBe("text/plain");
    expect(guessType(Buffer.from("{}"))).toBe("application/json");
  });
});
