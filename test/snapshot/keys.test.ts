import { describe, expect, test } from "vitest";
import { runTick } from "../../lib/backup/export/tick.ts";
import { findSnapshot } from "../../lib/backup/restore/find-snapshot.ts";
import { restoreInto } from "../../lib/backup/restore/restore.ts";
import { parseBackupKeys } from "../../lib/snapshot/keys.ts";
import { newSigningKey } from "../../lib/snapshot/signature.ts";
import type { NodeDb } from "../../lib/store/sqlite/driver-node.ts";
import { bytes, expectSame, fill, openQuickStore, put, SMALL, TARGET } from "../../testkit/backup.ts";
import { type MemoryBucket, memoryBucket } from "../../testkit/bucket.ts";
import { T0 } from "../../testkit/proposals.ts";

const hex = (digit: string) => digit.repeat(64);

function keysOf(variables: Record<string, string>) {
  const parsed = parseBackupKeys((name) => variables[name], bytes);
  if (parsed.kind !== "set") throw new Error(parsed.variables.join());
  return parsed.keys;
}

const run = (db: NodeDb, bucket: MemoryBucket, variables: Record<string, string>) =>
  runTick({
    db,
    bucket,
    target: TARGET,
    limits: SMALL,
    nowMs: () => T0,
    randomBytes: bytes,
    keys: keysOf(variables),
  });

async function restoreWith(bucket: MemoryBucket, variables: Record<string, string>) {
  const { db } = openQuickStore();
  const { reading } = keysOf(variables);
  const found = await findSnapshot(bucket, {}, reading);
  if (!found.ok) throw new Error(`${found.code}: ${found.detail}`);
  const report = await restoreInto({ db, bucket, reading, randomBytes: bytes, nowMs: () => T0 }, found.value);
  return { db, report };
}

describe("signed manifests", () => {
  test("are accepted with a trusted key; unsigned, foreign or changed ones are refused", async () => {
    const [mine, other] = [await newSigningKey(bytes), await newSigningKey(bytes)];
    const { db } = openQuickStore();
    const bucket = memoryBucket();
    fill(db);
    expect(await run(db, bucket, { backup_signing_key: mine.secret })).toMatchObject({ state: "exported" });
    const trusted = { backup_trusted_keys: `${other.public}, ${mine.public}` };
    expectSame((await restoreWith(bucket, trusted)).db, db);
    await expect(restoreWith(bucket, { backup_trusted_keys: other.public })).rejects.toThrow(
      /manifests\/.*(sign|key)/,
    );
    // Everything fits its hash, only the signature is another manifest's.
    const [newest = ""] = [...bucket.objects.keys()].filter((name) => name.includes("/manifests/")).sort();
    const [line = "", seal = "{}"] = new TextDecoder().decode(bucket.objects.get(newest)).split("\n");
    const changed = line.replace(/"created":"[^"]+"/, '"created":"2030-01-01T00:00:00.000Z"');
    const sha256 = Buffer.from(await crypto.subtle.digest("SHA-256", Buffer.from(changed))).toString("hex");
    const forged = `${changed}\n${JSON.stringify({ ...JSON.parse(seal), sha256 })}\n`;
    const evil = memoryBucket(bucket.objects);
    evil.objects.set(newest, new Uint8Array(Buffer.from(forged)));
    await expect(restoreWith(evil, trusted)).rejects.toThrow(newest);
    expect((await restoreWith(evil, {})).report.revision).toBeGreaterThan(0);
    put(db, "k", "v");
    await run(db, bucket, {});
    await expect(restoreWith(bucket, trusted)).rejects.toThrow(/sign/);
  });
});

describe("encrypted objects", () => {
  test("hold no text, are proven with the key, and open through a rotation", async () => {
    const { db } = openQuickStore();
    const bucket = memoryBucket();
    fill(db);
    const old = { backup_encryption_keys: `old:${hex("1")}` };
    const both = { backup_encryption_keys: `new:${hex("2")},old:${hex("1")}` };
    expect(await run(db, bucket, old)).toMatchObject({
      state: "exported",
      provenRevision: expect.any(Number),
    });
    const stored = [...bucket.objects].filter(([name]) => /\/(segments|bases|auth)\//.test(name));
    expect(stored.length).toBeGreaterThan(5);
    for (const [name, content] of stored)
      expect([name, Buffer.from(content.slice(0, 5)).toString("latin1")]).toEqual([name, "LDGE\u0001"]);
    put(db, "k", "after the rotation");
    await run(db, bucket, both);
    expectSame((await restoreWith(bucket, both)).db, db);
    await expect(restoreWith(bucket, old)).rejects.toThrow(/new/);
    await expect(restoreWith(bucket, {})).rejects.toThrow(/encrypted with the key/);
    await expect(
      restoreWith(bucket, { backup_encryption_keys: `new:${hex("3")},old:${hex("1")}` }),
    ).rejects.toThrow(/segments|bases|auth/);
  });
});

describe("parseBackupKeys", () => {
  test("names the variables that it cannot read, and repeats nothing of them", () => {
    const variables: Record<string, string> = {
      backup_signing_key: "hunter2",
      backup_encryption_keys: "nope",
      backup_trusted_keys: "ledge-verify-1:x",
    };
    expect(parseBackupKeys((name) => variables[name], bytes)).toEqual({
      kind: "invalid",
      variables: ["backup_signing_key", "backup_encryption_keys", "backup_trusted_keys"],
    });
  });
});
