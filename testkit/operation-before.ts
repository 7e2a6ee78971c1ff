/** What the tables of format 7 said, as the rows of `operation` that say it since. Judged without any SQL of 0008. */
import type { Db, SqlValue } from "../lib/store/sqlite/driver.ts";

/** Name → the value as it is parsed, and the bytes in hex. */
export type OperationRows = ReadonlyMap<string, readonly [value: unknown, block: string]>;

/** The rows that there are, without the key for cursors, which is new. */
export function readOperation(db: Db): OperationRows {
  const rows = db.all("select name, value, block from operation where name<>'cursor-key'");
  return new Map(rows.map(([name, value, block]) => [String(name), [parsed(value), hex(block)]]));
}

/** The rows that a store of format 7 becomes. */
export function operationRows(db: Db): OperationRows {
  const rows = new Map<string, readonly [unknown, string]>();
  const add = (name: string, value: unknown, block: SqlValue = null) => rows.set(name, [value, hex(block)]);
  const [b] = records(db, "backup");
  if (b === undefined) throw new Error("a store of format 7 has a row for backups");
  add("lease", { generation: b.generation, untilMs: b.lease_until_ms });
  if (b.target !== null) add("position", positionOf(b));
  if (b.finding !== null || b.looked_ms !== 0) add("look", lookOf(b));
  if (b.error_code !== null) add("error", { code: b.error_code, detail: b.error_detail, atMs: b.error_ms });
  if (b.proven_revision !== null)
    add("proven", { revision: b.proven_revision, atMs: b.proven_ms, manifest: b.proven_manifest });
  if (b.replayed_revision !== null)
    add("replayed", { revision: b.replayed_revision, atMs: b.replayed_ms, manifest: b.replayed_manifest });
  if (b.replay_tried_ms !== null) add("replay-tried", { atMs: b.replay_tried_ms });
  if (b.scrubbed_ms !== null) add("scrub", { atMs: b.scrubbed_ms, faults: b.scrub_faults });
  if (b.pruned_ms !== 0) add("pruned", { atMs: b.pruned_ms });
  if (b.sealed_revision !== null) add("seal", { revision: b.sealed_revision, manifest: b.sealed_manifest });
  if (b.adopted_lineage !== null) add("adopted", { lineage: b.adopted_lineage });
  for (const { target, lineage, revision, phase, cursor, parts, block } of records(db, "backup_base"))
    add("base", { target, lineage, revision, phase, cursor, parts: parsed(parts) }, block);
  for (const { target, lineage, manifest, manifest_sha256, started_ms, state, block } of records(
    db,
    "backup_proof",
  ))
    add(
      "replay",
      {
        target,
        lineage,
        manifest,
        manifestSha256: manifest_sha256,
        startedMs: started_ms,
        state: parsed(state),
      },
      block,
    );
  for (const { target, lineage, other, revision, tip, ignored } of records(db, "backup_seen"))
    add(`seen/${target}/${lineage}/${other}`, { revision, tip, ignored: ignored === 1 });
  for (const { first_revision, asked_ms, done_ms, ...purge } of records(db, "backup_purge"))
    add(`purge/${String(purge.revision).padStart(16, "0")}`, {
      ...purge,
      firstRevision: first_revision,
      askedMs: asked_ms,
      doneMs: done_ms,
    });
  for (const { progress } of records(db, "backup_restore")) add("restore", parsed(progress));
  return rows;
}

type Record7 = Readonly<Record<string, SqlValue | undefined>>;

function positionOf(b: Record7): unknown {
  const { target, lineage, revision, tip, manifest } = b;
  if (manifest === null) return { target, lineage };
  return {
    ...{ target, lineage, revision, tip, manifest, exportedMs: b.exported_ms, objects: parsed(b.objects) },
    manifestSha256: b.manifest_sha256,
    segmentSha256: b.segment_sha256,
    digestRevision: b.digest_revision,
  };
}

function lookOf(b: Record7): unknown {
  if (b.finding === null) return { atMs: b.looked_ms };
  const data = b.finding_data === null ? { cause: b.finding, lineages: [] } : parsed(b.finding_data);
  return { atMs: b.looked_ms, finding: { kind: b.finding, detail: b.finding_detail ?? "", data } };
}

function records(db: Db, table: string): Record7[] {
  const columns = db
    .all(`select name from pragma_table_info('${table}') order by cid`)
    .map(([name]) => String(name));
  return db
    .all(`select * from ${table}`)
    .map((row) => Object.fromEntries(columns.map((name, at) => [name, row[at]])));
}

function parsed(value: SqlValue | undefined): unknown {
  return JSON.parse(String(value));
}

function hex(block: SqlValue | undefined): string {
  return block instanceof Uint8Array ? Buffer.from(block).toString("hex") : "";
}
