/** Stores and buckets that earlier releases wrote, gone on with by this one through the real components. */
import { readFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { FULL } from "../../testkit/crash-sample.ts";
import { bytesBelow, hashesIn, holds } from "../../testkit/formats/bytes.ts";
import type { ExpectedDocument, ExpectedStore } from "../../testkit/formats/expected.ts";
import {
  documentsOf,
  exportAll,
  fixtureStores,
  ledgeJson,
  MANIFEST,
  type Opened,
  openFixture,
  postUntil,
  restoredDocuments,
} from "../../testkit/formats/fixture.ts";
import { answerOf, getJson, listAll, send, withCursor, writePath } from "../../testkit/formats/speak.ts";
import { buildFor } from "../../testkit/host.ts";

beforeAll(() => buildFor(MANIFEST));

const STRIDE = 2 ** 40;
/** Servers, commands and a bucket are started in each. */
/** One of each kind, unless all are asked for: each is served, exported, proven and restored several times. */
const goingOn = fixtureStores().filter(
  ({ store: { kind, name } }) => kind === "pending" || (kind === "open" && (FULL || name === "origin")),
);

describe.each(goingOn)("the store $title, gone on with by the code of today", ({ fixture, store }) => {
  let opened: Opened;
  const changed = changedDocument(store);
  let newest: ExpectedDocument[] = [];
  beforeAll(async () => {
    opened = await openFixture(fixture, store, { withBucket: true });
  });
  afterAll(() => opened.close());

  test("has the bucket that was written, and the restore points that the store knows of", async () => {
    expect(hashesIn(opened.bucket)).toEqual(store.objects);
    const points = await listAll(opened, "/v1/backup/snapshots?limit=1000", "snapshots");
    expect(points).toMatchObject(store.snapshots);
  });

  test("has nothing of what was purged, but in the bucket where the purge is still open", () => {
    const [file, bucket] = [[readFileSync(opened.file)], bytesBelow(opened.bucket)];
    for (const { key, value, open } of store.purged)
      expect([key, holds(file, value.base64), holds(bucket, value.base64)]).toEqual([key, false, open]);
  });

  test.runIf(FULL || store.kind === "pending")(
    "restores from the old bucket alone, and proves it",
    async () => {
      const { revision = 0, sha256 } = store.digest ?? {};
      const found = await ledgeJson(opened.data, store, "backup", "verify");
      expect(found).toMatchObject({ revision, digest: sha256, check: "proven" });
      // The history up to there is the store's, or that which it was restored from.
      const state = store.states.find((one) => one.revision <= revision);
      const documents = await restored("--revision", String(state?.revision));
      expect(documents).toEqual(state?.documents);
    },
  );

  const put = (etag: string, value: string) =>
    send(opened, {
      method: "PUT",
      path: writePath(changed.namespace, changed.key),
      token: "root",
      headers: { "content-type": "text/plain", "if-match": etag },
      base64: Buffer.from(value).toString("base64"),
    });
  const headOf = async () => Number((await getJson(opened, "/v1/admin/status")).head);
  const restored = (...args: string[]) => restoredDocuments(opened, { fixture, store }, ...args);

  test("refuses a stale ETag, and takes the one that it gave", async () => {
    const stale = answerOf(await put(changed.staleEtag, "never"));
    expect(stale).toMatchObject({ status: 412, json: { code: "stale" } });
    expect(await headOf()).toBe(store.head);
    expect((await put(changed.etag, "written by the code of today")).status).toBe(200);
  });

  test("counts on in its epoch, or opens the one that was pending", async () => {
    const status = await getJson(opened, "/v1/admin/status");
    const { head, lineage, epoch } = store;
    if (store.kind === "open") return expect(status).toMatchObject({ head: head + 1, lineage, epoch });
    expect(status.epoch).toBe(epoch + 1);
    expect(status.lineage).not.toBe(lineage);
    expect(Math.floor(Number(status.head) / STRIDE)).toBe(epoch + 1);
  });

  test("shows that commit behind every cursor of the feed", async () => {
    const head = await headOf();
    for (const { ask, answer } of store.feedCursors) {
      if (answer.status !== 200 || ask.token === "reader") continue;
      const seen: unknown[] = [];
      for (let path = ask.path, revision = 0; revision < head; ) {
        const page = await getJson(opened, path);
        seen.push(...(Array.isArray(page.commits) ? page.commits : []));
        revision = Number(page.revision);
        path = withCursor(ask.path, String(page.cursor));
      }
      expect(seen.at(-1)).toMatchObject({ revision: head, changes: [{ key: changed.key }] });
    }
  });

  test("keeps every other ETag", async () => {
    newest = await documentsOf(opened);
    const others = (documents: readonly ExpectedDocument[]) =>
      documents.filter(({ namespace, key }) => namespace !== changed.namespace || key !== changed.key);
    expect(others(newest)).toEqual(others(store.documents));
    expect(newest).toHaveLength(store.documents.length);
  });

  test("is exported on, and the whole chain is proven", async () => {
    await exportAll(opened);
    await postUntil(opened, "/v1/backup/prove", ["proven"]);
    await exportAll(opened);
    const head = await headOf();
    expect(await getJson(opened, "/v1/backup/status")).toMatchObject({
      state: "ok",
      exportedRevision: head,
      provenRevision: head,
      replayedRevision: head,
      openPurges: 0,
      scrub: { faults: 0 },
    });
    const verified = await ledgeJson(opened.data, store, "backup", "verify");
    expect(verified).toMatchObject({ revision: head, check: "proven", store: true });
  });

  test("has written over nothing in the bucket but heads", () => {
    const now = hashesIn(opened.bucket);
    for (const [name, hash] of Object.entries(store.objects))
      if (!name.includes("/heads/") && now[name] !== undefined)
        expect([name, now[name]]).toEqual([name, hash]);
  });

  test("restores to what it is", async () => {
    expect(await restored()).toEqual(newest);
  });

  test.each(FULL ? store.states : pastOf(store))(
    "restores to what it was at revision $revision",
    async ({ revision, documents }) => {
      expect(await restored("--revision", String(revision))).toEqual(documents);
    },
  );

  test.runIf(FULL || store.kind === "open")("restores to what it was at a moment", async () => {
    const { time, documents } = store.states.at(-1) ?? { time: "", documents: [] };
    expect(await restored("--time", time)).toEqual(documents);
  });

  test("has nothing any more of what was purged", () => {
    const pieces = bytesBelow(opened.data);
    for (const { key, value } of store.purged)
      expect([key, holds(pieces, value.base64)]).toEqual([key, false]);
  });
});

const forks = fixtureStores().filter(({ store }) => store.kind === "fork");

describe.each(forks)("the store $title, whose file was copied", ({ fixture, store }) => {
  let opened: Opened;
  beforeAll(async () => {
    opened = await openFixture(fixture, store, { withBucket: true });
  });
  afterAll(() => opened.close());

  const write = async (key: string) => {
    const headers = { "content-type": "text/plain" };
    const path = writePath("shop-prod", key);
    return (await send(opened, { method: "PUT", path, token: "root", headers, base64: "eA==" })).status;
  };

  test("is told of the fork before and after its look, writes on, spares the bucket", async () => {
    expect(await getJson(opened, "/v1/backup/status")).toMatchObject({ state: "fork" });
    const run = answerOf(await send(opened, { method: "POST", path: "/v1/backup/run", token: "root" }));
    expect(run).toMatchObject({ status: 409, json: { code: "fork" } });
    expect(await getJson(opened, "/v1/backup/status")).toMatchObject({ state: "fork", ...store.backup });
    expect(await write("beside the other")).toBe(201);
    expect(hashesIn(opened.bucket)).toEqual(store.objects);
  });

  test("goes on as a history of its own once it is picked, and the other stays", async () => {
    const pick = { method: "POST", path: "/v1/backup/pick", token: "root", json: { lineage: "this" } };
    expect(answerOf(await send(opened, pick))).toMatchObject({ status: 200, json: { state: "adopted" } });
    expect(await write("picked")).toBe(201);
    await exportAll(opened);
    const status = await getJson(opened, "/v1/admin/status");
    expect(Number(status.epoch)).toBeGreaterThan(store.epoch);
    expect(status.backup).toMatchObject({ state: "ok", exportedRevision: status.head, finding: null });
    expect(hashesIn(opened.bucket)).toMatchObject(store.objects);
    expect(await restoredDocuments(opened, { fixture, store })).toEqual(await documentsOf(opened));
  });
});

/** What the short run goes back to. */
function pastOf({ kind, states }: ExpectedStore) {
  return kind === "open" ? states.slice(-1) : [];
}

/** A document that has been changed, with its ETag before that. */
function changedDocument({ documents, states }: ExpectedStore): ExpectedDocument & { staleEtag: string } {
  const past = states.flatMap((state) => state.documents);
  for (const document of documents) {
    const { namespace, key, etag } = document;
    if (namespace.startsWith("_")) continue;
    const before = past.find((one) => one.namespace === namespace && one.key === key && one.etag !== etag);
    if (before !== undefined) return { ...document, staleEtag: before.etag };
  }
  throw new Error("no document was ever changed");
}
