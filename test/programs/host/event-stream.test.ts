/** The feed as server-sent events, on both engines. */
import { get, type IncomingMessage } from "node:http";
import { beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { formatToken, secretDigest } from "../../../lib/core/token.ts";
import type { NodeDb } from "../../../lib/store/sqlite/driver-node.ts";
import { begin, change, put } from "../../../testkit/backup.ts";
import { buildFor, LEDGE_MANIFEST, type TestHost } from "../../../testkit/host.ts";
import { testNativeEngine } from "../../../testkit/native.ts";
import {
  addNamespace,
  giveToken,
  putReserved,
  rootToken,
  T0,
  tokenDocument,
  tokenOf,
} from "../../../testkit/proposals.ts";
import { openServedStore } from "../../../testkit/served-store.ts";

const READER = tokenOf("b");
const BOTH = tokenOf("c");
const engines = [
  { name: "Wasm", options: () => ({}) },
  { name: "native", options: () => ({ engine: testNativeEngine() }) },
];

beforeAll(() => buildFor(LEDGE_MANIFEST));

interface Opened {
  readonly host: TestHost;
  readonly db: NodeDb;
  /** The store's revision at the start. */
  readonly head: number;
}

/** A store with the namespaces `shop` and `far`, and a token that may read the first. */
async function open(options: object): Promise<Opened> {
  const { db, host } = await openServedStore((store) => {
    begin(store);
    addNamespace(store, "far");
    giveToken(store, READER, ["read"], { namespace: "shop", scope: "" });
  }, options);
  return { host, db, head: put(db, "first", "1") };
}

interface Stream {
  readonly answer: IncomingMessage;
  /** Events that have come, as [id, data]; what moves the place alone has no data. */
  events(): { readonly id: string; readonly data: string | undefined }[];
  revisions(): number[];
  readonly ended: Promise<void>;
  close(): void;
}

function listen(host: TestHost, query: string, headers: Record<string, string> = {}): Promise<Stream> {
  const authorization = `Bearer ${formatToken(READER)}`;
  return new Promise((resolve, reject) => {
    const request = get(
      `${host.url}/v1/changes?${query}`,
      { headers: { authorization, accept: "text/event-stream", ...headers } },
      (answer) => {
        let text = "";
        answer.setEncoding("utf8").on("data", (piece: string) => {
          text += piece;
        });
        const events = () =>
          [...text.matchAll(/((?:^(?:id|data|:).*\n)+)\n/gm)].map(([block]) => ({
            id: /^id: (.*)$/m.exec(block)?.[1] ?? "",
            data: /^data: (.*)$/m.exec(block)?.[1],
          }));
        const revisions = () =>
          events().flatMap(({ data }) => (data === undefined ? [] : [JSON.parse(data).revision]));
        const ended = new Promise<void>((done) => answer.once("close", done));
        resolve({ answer, events, revisions, ended, close: () => request.destroy() });
      },
    );
    request.on("error", reject);
    onTestFinished(() => void request.destroy());
  });
}

describe.each(engines)("the feed as a stream of events, $name", ({ options }) => {
  test("has an event for each commit that the token may see, and none for others", async () => {
    const { host, db, head } = await open(options());
    const stream = await listen(host, `since=${head}`);
    expect([stream.answer.statusCode, stream.answer.headers["content-type"]]).toEqual([
      200,
      "text/event-stream",
    ]);
    const seen = put(db, "second", "2");
    change(db, { op: "put", ns: "far", key: "hidden", value: "x" });
    const last = put(db, "third", "3");
    await expect.poll(stream.revisions).toEqual([seen, last]);
    expect(JSON.stringify(stream.events())).not.toContain("hidden");
  });

  test("of several namespaces has the events of each, and of no other", async () => {
    const { host, db, head } = await open(options());
    giveToken(db, BOTH, ["read"], { namespace: "*", scope: "" });
    addNamespace(db, "third");
    const stream = await listen(host, `since=${head}&ns=far,shop`, {
      authorization: `Bearer ${formatToken(BOTH)}`,
    });
    const far = change(db, { op: "put", ns: "far", key: "a", value: "x" });
    change(db, { op: "put", ns: "third", key: "a", value: "x" });
    const shop = put(db, "third", "3");
    await expect.poll(stream.revisions).toEqual([far, shop]);
  });

  test("goes on behind the last event that a client has, whatever the address says", async () => {
    const { host, db, head } = await open(options());
    const first = await listen(host, "since=0&ns=shop");
    await expect.poll(first.revisions).toContain(head);
    const id = first.events().at(-1)?.id ?? "";
    first.close();
    const missed = put(db, "second", "2");
    const again = await listen(host, "since=0&ns=shop", { "last-event-id": id });
    await expect.poll(again.revisions).toEqual([missed]);
    const next = put(db, "third", "3");
    await expect.poll(again.revisions).toEqual([missed, next]);
    const nobodys = await listen(host, "since=0&ns=shop", { "last-event-id": "nobody's" });
    expect(nobodys.answer.statusCode).toBe(400);
  });

  test("ends when its token is revoked", async () => {
    const { host, db, head } = await open(options());
    const stream = await listen(host, `since=${head}&ns=shop`);
    const revoked = tokenDocument({
      digest: secretDigest(READER.secret),
      grants: [{ verbs: ["read"], namespace: "shop", scope: "" }],
      creator: rootToken.accessor,
      revokedMs: T0,
    });
    expect(putReserved(db, "_auth", `token/${READER.accessor}`, revoked)).toMatchObject({ ok: true });
    put(db, "second", "2");
    await stream.ended;
    expect(stream.revisions()).toEqual([]);
  });

  test("is JSON for who may not wait, and who does not ask for events", async () => {
    const { host, head } = await open(options());
    const plain = await listen(host, `since=${head}`, { accept: "application/json" });
    expect(plain.answer.headers["content-type"]).toBe("application/json");
    const nobody = await listen(host, "since=0", { authorization: "Bearer nobody" });
    expect(nobody.answer.statusCode).toBe(401);
  });
});

test("a stream ends with the host", async () => {
  const { host, head } = await open({ engine: testNativeEngine() });
  const stream = await listen(host, `since=${head}&ns=shop`);
  await host.stop();
  await stream.ended;
});
