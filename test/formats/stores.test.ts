/** Stores that earlier releases wrote, opened by this one: test/fixtures/README.md says what they hold. */
import { describe, expect, test } from "vitest";
import { digestState } from "../../lib/backup/state-digest.ts";
import type { ExpectedDocument } from "../../testkit/formats/expected.ts";
import { fixtureStores, fixtures } from "../../testkit/formats/fixture.ts";
import { jsonOf, type OpenedStore, openStore } from "../../testkit/formats/in-process.ts";
import { readPath, valueId } from "../../testkit/formats/speak.ts";
import { checkStore } from "../../testkit/store.ts";

test.each(fixtures())(
  "$name left a history, restores with and without a new epoch, a fork, and a move",
  ({ expected }) => {
    expect(expected.stores.map(({ file }) => file).sort()).toEqual([
      "fork/left.db.gz",
      "fork/right.db.gz",
      "moved/ledge.db.gz",
      "origin/ledge.db.gz",
      "pending/ledge.db.gz",
      "reborn/ledge.db.gz",
    ]);
  },
);

describe.each(fixtureStores())("$title", ({ fixture, store }) => {
  const read = ({ send }: OpenedStore, { namespace, key }: ExpectedDocument, revision?: number) => {
    const at = revision === undefined ? "" : `&revision=${revision}`;
    return send({ method: "GET", path: `${readPath(namespace, key)}${at}`, token: "root" });
  };

  test("is migrated whole, at its head and in its history", () => {
    const { db } = openStore(fixture, store);
    checkStore(db);
    expect(db.all("select revision, lineage, epoch from store")).toEqual([
      [store.head, store.lineage, store.epoch],
    ]);
  });

  test("serves every document with its bytes, media type and ETag, now and in the past", () => {
    const opened = openStore(fixture, store);
    expect(store.documents.length).toBeGreaterThan(0);
    const states = [{ revision: undefined, documents: store.documents }, ...store.states];
    for (const { revision, documents } of states)
      for (const document of documents) {
        const { headers, bytes } = read(opened, document, revision);
        const { etag, "content-type": mediaType } = headers;
        expect({ key: document.key, etag, mediaType, value: valueId(bytes) }).toEqual({
          key: document.key,
          etag: document.etag,
          mediaType: document.mediaType,
          value: document.value,
        });
      }
  });

  test("goes on behind every cursor of its feed", () => {
    const opened = openStore(fixture, store);
    for (const { ask, pages, answer } of store.feedCursors) {
      const reply = opened.send(ask);
      expect([ask.name, reply.status]).toEqual([ask.name, answer.status]);
      // The cursor of the page itself is opaque, and was not recorded.
      const { cursor, ...page } = jsonOf(reply);
      if (pages.length > 0)
        expect([ask.name, page, cursor]).toEqual([ask.name, pages[0], expect.any(String)]);
      // A cursor of commits that this history lost: refused, saying up to where both are the same.
      else expect([ask.name, page]).toMatchObject([ask.name, answer.json ?? {}]);
    }
  });

  test("answers what was said before as it did the first time", () => {
    const opened = openStore(fixture, store);
    for (const { ask, answer } of store.repeats) {
      const reply = opened.send(ask);
      expect([ask.name, reply.status, jsonOf(reply)]).toEqual([ask.name, answer.status, answer.json]);
    }
    expect(opened.db.all("select revision from store")).toEqual([[store.head]]);
  });

  test.skipIf(store.digest === null)("has the state digest that its backups were proven by", async () => {
    const { db } = openStore(fixture, store);
    const { revision = 0, sha256 } = store.digest ?? {};
    expect((await digestState(db, { kind: "history", upTo: revision })).sha256).toBe(sha256);
  });
});
