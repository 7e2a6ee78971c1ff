/** What earlier releases gave to clients, presented to this one: ETags, and cursors of lists. */
import { describe, expect, test } from "vitest";
import { fixtureStores } from "../../testkit/formats/fixture.ts";
import { jsonOf, openStore } from "../../testkit/formats/in-process.ts";
import { readPath, writePath } from "../../testkit/formats/speak.ts";

describe.each(fixtureStores())("of $title", ({ fixture, store }) => {
  test("every ETag is that of the document still", () => {
    const { send } = openStore(fixture, store);
    for (const { namespace, key, etag } of store.documents) {
      const headers = { "if-none-match": etag };
      const { status } = send({ method: "GET", path: readPath(namespace, key), token: "root", headers });
      expect([namespace, key, status]).toEqual([namespace, key, 304]);
    }
  });

  test("an ETag of a document that has changed since is stale", () => {
    const { send } = openStore(fixture, store);
    const now = new Map(store.documents.map(({ namespace, key, etag }) => [`${namespace} ${key}`, etag]));
    const changed = store.states
      .flatMap(({ documents }) => documents)
      .filter(
        ({ namespace, key, etag }) => !namespace.startsWith("_") && now.get(`${namespace} ${key}`) !== etag,
      )
      .filter(({ namespace, key }) => now.has(`${namespace} ${key}`));
    expect(changed.length).toBeGreaterThan(0);
    for (const { namespace, key, etag } of changed) {
      const headers = { "if-match": etag, "content-type": "text/plain" };
      const reply = send({
        method: "PUT",
        path: writePath(namespace, key),
        token: "root",
        headers,
        base64: "eA==",
      });
      // A store that was sealed refuses every write before it looks.
      const code = store.kind === "sealed" ? "read_only" : "stale";
      expect([key, jsonOf(reply).code]).toEqual([key, code]);
    }
  });

  // They were plain ones, which anybody could write. Those of lists are sealed now, and the page begins again.
  test("no cursor of a list goes on", () => {
    const { send } = openStore(fixture, store);
    for (const { ask } of store.listCursors) {
      const reply = send(ask);
      expect([ask.name, reply.status, jsonOf(reply).code]).toEqual([ask.name, 400, "bad_cursor"]);
    }
  });
});
