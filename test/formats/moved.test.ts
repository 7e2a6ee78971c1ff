import { readFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { hashesIn } from "../../testkit/formats/bytes.ts";
import {
  documentsOf,
  exportAll,
  fixtureStores,
  ledgeJson,
  MANIFEST,
  openData,
  openFixture,
  postUntil,
  restoreBeside,
} from "../../testkit/formats/fixture.ts";
import { getJson, send } from "../../testkit/formats/speak.ts";
import { buildFor } from "../../testkit/host.ts";

beforeAll(() => buildFor(MANIFEST));

/** Two servers and several commands are started. */
const sealed = fixtureStores().filter(({ store }) => store.kind === "sealed");

describe.each(sealed)("the store $title, moved by the code of today", ({ fixture, store }) => {
  test("goes on in its epoch, from a bucket that is signed, encrypted and sealed", async () => {
    const old = await openFixture(fixture, store);
    const data = await restoreBeside(old.data, store);
    await old.close();
    const opened = await openData(data, { fixture, store, withBucket: true });
    try {
      const { head, lineage, epoch } = store;
      expect(await getJson(opened, "/v1/admin/status")).toMatchObject({ head, lineage, epoch });
      expect(await documentsOf(opened)).toEqual(store.documents);
      const open = { method: "PUT", path: "/v1/admin/mode", token: "root", json: { mode: "open" } };
      expect((await send(opened, open)).status).toBe(200);
      await exportAll(opened);
      await postUntil(opened, "/v1/backup/prove", ["proven"]);
      const status = await getJson(opened, "/v1/admin/status");
      expect(status).toMatchObject({ head: head + 1, lineage, epoch });
      expect(status.backup).toMatchObject({ exportedRevision: head + 1, replayedRevision: head + 1 });
      const verified = await ledgeJson(opened.data, store, "backup", "verify");
      expect(verified).toMatchObject({ revision: head + 1, check: "proven", store: true });
      for (const name of Object.keys(hashesIn(opened.bucket)))
        if (/\/(segments|bases|auth)\/.*\.gz/.test(name))
          expect(readFileSync(join(opened.bucket, name)).subarray(0, 5)).toEqual(Buffer.from("LDGE\x01"));
    } finally {
      await opened.close();
    }
  });
});
