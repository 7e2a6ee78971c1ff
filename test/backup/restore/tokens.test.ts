import { describe, expect, test } from "vitest";
import { findSnapshot } from "../../../lib/backup/restore/find-snapshot.ts";
import { type RestoreReport, restoreInto } from "../../../lib/backup/restore/restore.ts";
import { EPOCH_STRIDE } from "../../../lib/core/revision.ts";
import type { NodeDb } from "../../../lib/store/sqlite/driver-node.ts";
import { bytes, fill, openQuickStore, put, SMALL, tick } from "../../../testkit/backup.ts";
import { type MemoryBucket, memoryBucket } from "../../../testkit/bucket.ts";
import { accessorOf, propose, putReserved, T0, tokenDocument } from "../../../testkit/proposals.ts";

const [REVOKED, ROTATED, SHORTENED, LENGTHENED, KEPT] = [1, 2, 3, 4, 5].map((n) => `token/${accessorOf(n)}`);
const OTHER = "b".repeat(64);

function token(db: NodeDb, key: string | undefined, over: Record<string, unknown>): number {
  const grants = [{ verbs: ["read"], namespace: "shop", scope: "" }];
  const json = tokenDocument({ grants, creator: "aaaaaaaaaaaa", ...over });
  const made = putReserved(db, "_auth", key ?? "", json);
  if (!made.ok) throw new Error(made.code);
  return made.revision;
}

/** Five tokens, a point, and what became of them after it. */
async function history({
  base,
}: {
  base: boolean;
}): Promise<{ db: NodeDb; bucket: MemoryBucket; point: number }> {
  const { db } = openQuickStore();
  const bucket = memoryBucket();
  const limits = { ...SMALL, baseBytesMin: base ? 100 : 1e9 };
  fill(db);
  for (const key of [REVOKED, ROTATED, KEPT]) token(db, key, {});
  for (const key of [SHORTENED, LENGTHENED]) token(db, key, { expiresMs: T0 + 5000 });
  const point = put(db, "point", "here");
  await tick(db, bucket, { limits });
  token(db, REVOKED, { revokedMs: T0 });
  token(db, ROTATED, { digest: OTHER });
  token(db, SHORTENED, { expiresMs: T0 + 1000 });
  token(db, LENGTHENED, { expiresMs: T0 + 9000 });
  token(db, `token/${accessorOf(9)}`, {});
  await tick(db, bucket, { limits });
  return { db, bucket, point };
}

async function restored(
  bucket: MemoryBucket,
  revision?: number,
  more: Partial<Parameters<typeof restoreInto>[0]> = {},
): Promise<{ db: NodeDb; report: RestoreReport }> {
  const { db } = openQuickStore();
  const found = await findSnapshot(bucket, { revision });
  if (!found.ok) throw new Error(found.code);
  const options = { db, bucket, randomBytes: bytes, nowMs: () => T0, ...more };
  return { db, report: await restoreInto(options, found.value) };
}

const document = (db: NodeDb, key: string | undefined) => {
  const [row] = db.all("select cast(value as text) from entry where namespace='_auth' and key=?1", [
    key ?? "",
  ]);
  return row === undefined ? undefined : JSON.parse(String(row[0]));
};

describe("tokens after a restore to an older point", () => {
  test.each([{ base: false }, { base: true }])("lose again what they lost since (%o)", async ({ base }) => {
    const { db: source, bucket, point } = await history({ base });
    const { db, report } = await restored(bucket, point);
    expect(document(db, REVOKED)).toMatchObject({ revokedMs: T0 });
    expect(document(db, ROTATED)).toMatchObject({ digest: OTHER });
    expect(document(db, SHORTENED)).toMatchObject({ expiresMs: T0 + 1000 });
    expect(document(db, LENGTHENED)).toMatchObject({ expiresMs: T0 + 5000 });
    expect(document(db, KEPT)).toMatchObject({ revokedMs: null });
    expect(document(db, `token/${accessorOf(9)}`)).toBe(undefined);
    const head = Number(source.all("select revision from store")[0]?.[0]);
    expect(report).toMatchObject({
      revision: point,
      revocationsApplied: 3,
      tokensUncertain: 5,
      tokensKnownTo: head,
      tokensUnread: [],
      liveRoots: 1,
    });
    const [commits] = db.all("select actor, revision, changes from commits order by revision desc limit 1");
    expect(commits?.[0]).toBe("_restore");
    expect(commits?.[2]).toBe(3);
    expect(Number(commits?.[1])).toBeGreaterThanOrEqual(EPOCH_STRIDE);
    expect(db.all("select epoch, pending_epoch from store")).toEqual([[1, null]]);
  });

  test("stay as they are at the newest point, and no epoch is opened", async () => {
    const { bucket } = await history({ base: false });
    const { db, report } = await restored(bucket);
    expect(report).toMatchObject({ revocationsApplied: 0, tokensUncertain: 6 });
    expect(db.all("select epoch, pending_epoch from store")).toEqual([[0, 1]]);
  });

  test("lose what they lost in a store that was restored from this one", async () => {
    const { bucket } = await history({ base: false });
    const copy = await restored(bucket);
    token(copy.db, KEPT, { revokedMs: T0 });
    await tick(copy.db, bucket);
    const { db, report } = await restored(bucket, copy.report.revision);
    expect(report.revocationsApplied).toBe(1);
    expect(document(db, KEPT)).toMatchObject({ revokedMs: T0 });
  });

  test("lose it although the store was read-only at that point, and it stays read-only", async () => {
    const { db: source } = openQuickStore();
    const bucket = memoryBucket();
    fill(source);
    token(source, REVOKED, {});
    putReserved(source, "_system", "mode", '{"mode":"read_only"}');
    const point = Number(source.all("select revision from store")[0]?.[0]);
    await tick(source, bucket);
    putReserved(source, "_system", "mode", '{"mode":"open"}');
    token(source, REVOKED, { revokedMs: T0 });
    await tick(source, bucket);
    const { db } = await restored(bucket, point);
    expect(document(db, REVOKED)).toMatchObject({ revokedMs: T0 });
    expect(propose(db, [{ op: "put", ns: "shop", key: "k", value: "v", if: -1 }])).toMatchObject({
      code: "read_only",
    });
  });

  test("are named as unknown where an object with later tokens is damaged", async () => {
    const { bucket, point } = await history({ base: false });
    const before = [...bucket.objects.keys()].filter((name) => name.includes("/auth/")).sort();
    const later = before[0] ?? "";
    bucket.objects.set(later, Uint8Array.of(1));
    const { report } = await restored(bucket, point);
    expect(report.tokensUnread).toContain(later);
    expect(report.tokensKnownTo).toBe(point);
  });

  test("are all revoked when asked for, and a new root is made", async () => {
    const { bucket } = await history({ base: false });
    const newRoot = { name: "root", accessor: "rrrrrrrrrrrr", digest: OTHER };
    const { db, report } = await restored(bucket, undefined, { revokeAll: true, newRoot });
    expect(report).toMatchObject({ tokensUncertain: 0, liveRoots: 1 });
    expect(document(db, KEPT)).toMatchObject({ revokedMs: T0 });
    const by = { kind: "token", accessor: "rrrrrrrrrrrr", digest: OTHER } as const;
    expect(propose(db, [{ op: "put", ns: "shop", key: "k", value: "v", if: -1 }], { by })).toMatchObject({
      ok: true,
    });
    expect(propose(db, [{ op: "put", ns: "shop", key: "k", value: "w", if: -1 }])).toMatchObject({
      code: "bad_token",
    });
  });
});
