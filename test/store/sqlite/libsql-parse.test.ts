import { describe, expect, onTestFinished, test } from "vitest";
import { DEFAULT_POLICY } from "../../../lib/backup/policy.ts";
import { parseRetention } from "../../../lib/core/retention.ts";
import { moveTarget } from "../../../lib/store/catalogue/catalogue.ts";
import { acquireLease, openCatalogue } from "../../../lib/store/catalogue/lease.ts";
import { readBackupStatus } from "../../../lib/store/catalogue/status.ts";
import { foldEntries, rewindTo } from "../../../lib/store/restore/rows.ts";
import { settleTokens } from "../../../lib/store/restore/tokens.ts";
import { openNodeDb } from "../../../lib/store/sqlite/driver-node.ts";
import { migrate } from "../../../lib/store/sqlite/migrate.ts";
import { fill, openQuickStore, put, restoreWanted, SMALL, tick } from "../../../testkit/backup.ts";
import { memoryBucket } from "../../../testkit/bucket.ts";
import { putReserved, T0 } from "../../../testkit/proposals.ts";
import { purgeValue } from "../../../testkit/purge.ts";
import { noSqld, onSqld, openSqld, refusedBySqld, startSqld } from "../../../testkit/sqld.ts";
import { fits, knownStatements, patterns, recordingDb } from "../../../testkit/statements.ts";
import { committedMigrations } from "../../../testkit/store.ts";

/** Not taken by sqld, and each is sent where a refusal is expected and outside of a transaction. */
const DONE_WITHOUT = new Set(["pragma synchronous=extra", "pragma secure_delete=on", "vacuum"]);

/** A store's life with backups, a purge and a restore, for the statements that are put together at run time. */
async function sentInALife(): Promise<string[]> {
  const source = recordingDb(openQuickStore().db);
  const bucket = memoryBucket();
  const retention = parseRetention("all 1h, hourly 6h") ?? DEFAULT_POLICY.retention;
  const policy = { retention, graceMs: 1, proofIntervalMs: 1 };
  fill(source);
  for (let n = 0; n < 12; n += 1) {
    put(source, `k${n % 3}`, `value ${n}`);
    const limits = { ...SMALL, baseBytesMin: 1000 };
    await tick(source, bucket, { nowMs: T0 + n * 1_200_000, policy, limits });
  }
  const purged = purgeValue(source, { nowMs: T0, key: "k1", keepCurrent: true });
  expect(purged).toMatchObject({ ok: true });
  expect(putReserved(source, "_system", "mode", '{"mode":"read_only"}')).toMatchObject({ ok: true });
  await tick(source, bucket, { nowMs: T0 + 90_000_000, policy });
  // Not checked afterwards: the last statements are sent for their texts only.
  const file = openNodeDb(":memory:");
  onTestFinished(() => file.close());
  migrate(file, committedMigrations());
  const restored = recordingDb(file);
  await restoreWanted(restored, bucket, {});
  settleTokens(restored, { later: new Map(), revokeAll: true, newRoot: undefined, nowMs: T0, revision: 3 });
  readBackupStatus(restored, T0, true);
  foldEntries(restored, 5);
  rewindTo(restored, 4);
  const lease = acquireLease(restored, { nowMs: T0, untilMs: T0 + 1000 });
  if (lease !== undefined) moveTarget(openCatalogue(restored, lease), { from: "a", to: "b" });
  return [...source.sent, ...restored.sent];
}

describe.skipIf(noSqld !== undefined)(onSqld("every statement"), () => {
  test("is one that sqld's own parser and its SQLite 3.45.1 take", async () => {
    const { url } = await startSqld();
    migrate(await openSqld(url), committedMigrations());
    const known = await knownStatements();
    const sent = await sentInALife();
    const migrations = committedMigrations().flatMap(({ statements }) => statements);
    const examples = [...known.map(({ sql }) => sql), ...sent, ...migrations];
    const without = (await patterns()).filter((pattern) => !examples.some((sql) => fits(pattern, sql)));
    // Whoever adds one makes this life send it.
    expect(without).toEqual([]);
    const refused = await refusedBySqld(url, [...new Set([...known.map(({ sql }) => sql), ...sent])]);
    expect([...refused].filter(([sql]) => !DONE_WITHOUT.has(sql))).toEqual([]);
    expect([...DONE_WITHOUT].filter((sql) => !refused.has(sql))).toEqual([]);
    expect(known.length).toBeGreaterThan(140);
  });

  test("would be found if it were not", async () => {
    const { url } = await startSqld();
    const sorted = "select json_group_array(a order by a) from (select 1 as a)";
    const missing = "select * from no_such_table";
    expect([...(await refusedBySqld(url, [sorted, "select 1", missing])).keys()]).toEqual([sorted, missing]);
  });
});
