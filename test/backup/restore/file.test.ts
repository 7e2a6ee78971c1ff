import { readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { BucketFault } from "../../../lib/bucket/bucket.ts";
import { openNodeDb } from "../../../lib/store/sqlite/driver-node.ts";
import { EXIT } from "../../../programs/cli/failure.ts";
import { restoreToFile } from "../../../programs/cli/restore/file.ts";
import { expectSame, fill, openQuickStore, put, tick } from "../../../testkit/backup.ts";
import { type MemoryBucket, memoryBucket } from "../../../testkit/bucket.ts";
import { testFolder } from "../../../testkit/host.ts";
import { checkStore } from "../../../testkit/store.ts";

async function backedUp() {
  const { db } = openQuickStore();
  const bucket = memoryBucket();
  fill(db);
  await tick(db, bucket);
  return { db, bucket };
}

const failing = (bucket: MemoryBucket, code: BucketFault["code"]) => {
  bucket.before = () => {
    throw new BucketFault(code, "heads/", "the test says so");
  };
  return bucket;
};

describe("restoreToFile", () => {
  test("makes a file that a server opens, with a rollback journal; says how sure it is", async () => {
    const { db, bucket } = await backedUp();
    const to = join(testFolder(), "restored.db");
    const seen: string[] = [];
    const report = await restoreToFile({ bucket, to, onProgress: ({ phase }) => seen.push(phase) });
    expect(report).toMatchObject({ revision: 18, epoch: 0, check: "proven", historyFrom: 1, documents: 11 });
    expect([seen[0], seen.at(-1)]).toEqual(["replaying", "checking"]);
    expect(readdirSync(join(to, ".."))).toEqual(["restored.db"]);
    const file = openNodeDb(to);
    expect(file.all("pragma journal_mode")).toEqual([["delete"]]);
    expectSame(file, db);
    checkStore(file);
    put(file, "new", "life");
    file.close();
  });

  test("stops at an older revision", async () => {
    const { bucket } = await backedUp();
    const to = join(testFolder(), "old.db");
    expect(await restoreToFile({ bucket, to, revision: 12 })).toMatchObject({
      revision: 12,
      check: "linked",
    });
  });

  test("never touches a name that is taken, or has a journal beside it", async () => {
    const { bucket } = await backedUp();
    for (const suffix of ["", "-wal", "-shm", "-journal"]) {
      const folder = testFolder();
      const to = join(folder, "taken.db");
      writeFileSync(`${to}${suffix}`, "somebody's");
      await expect(restoreToFile({ bucket, to })).rejects.toMatchObject({ exit: EXIT.refused });
      expect(readdirSync(folder)).toEqual([`taken.db${suffix}`]);
    }
  });

  test("does not replace a file that appears while it works", async () => {
    const { bucket } = await backedUp();
    const folder = testFolder();
    const to = join(folder, "late.db");
    bucket.before = () => writeFileSync(to, "somebody was faster");
    await expect(restoreToFile({ bucket, to })).rejects.toMatchObject({ exit: EXIT.refused });
    expect(readdirSync(folder)).toEqual(["late.db"]);
  });

  test("ends with the exit code of what went wrong, and leaves nothing behind", async () => {
    const { bucket } = await backedUp();
    const folder = testFolder();
    const to = join(folder, "x.db");
    const damagedBucket = memoryBucket(bucket.objects);
    const name =
      [...bucket.objects.keys()].find((one) => one.includes("/bases/") && one.endsWith("gz")) ?? "";
    damagedBucket.objects.set(name, Uint8Array.of(1));
    const cases = [
      { bucket: memoryBucket(), failure: { exit: EXIT.absent, code: "not_found" } },
      { bucket, revision: 99, failure: { exit: EXIT.absent, code: "revision_unknown" } },
      {
        bucket: damagedBucket,
        failure: { exit: EXIT.fault, code: "snapshot_damaged", message: expect.stringContaining(name) },
      },
      { bucket: failing(memoryBucket(), "bucket_unavailable"), failure: { exit: EXIT.unreachable } },
      { bucket: failing(memoryBucket(), "bucket_denied"), failure: { exit: EXIT.auth } },
    ];
    for (const { failure, ...asked } of cases) {
      await expect(restoreToFile({ ...asked, to })).rejects.toMatchObject(failure);
      expect(readdirSync(folder)).toEqual([]);
    }
    const nowhere = join(folder, "no", "such", "x.db");
    await expect(restoreToFile({ bucket, to: nowhere })).rejects.toMatchObject({ exit: EXIT.usage });
  });
});
