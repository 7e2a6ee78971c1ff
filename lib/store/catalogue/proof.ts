/**
 * What proofs leave in the store: which manifest the newest proof is about, a replay in the making, and when each
 * object was last read back. Promise: everything is written under the exporter's lease.
 */
import { ReplayState } from "../../snapshot/digest-schema.ts";
import type { Db } from "../sqlite/driver.ts";
import { endRun, insertObject, type WrittenObject } from "./catalogue.ts";
import { type Lease, underLease } from "./lease.ts";

/** The newest proof and the newest replay, by their manifests. */
export interface ProvenPoint {
  readonly provenManifest: string | null;
  readonly replayedManifest: string | null;
  readonly replayedMs: number;
  readonly replayTriedMs: number;
}

export function readProvenPoint(db: Db): ProvenPoint {
  const [row] = db.all(
    "select proven_manifest, replayed_manifest, coalesce(replayed_ms,0), coalesce(replay_tried_ms,0) from backup where id=1",
  );
  return {
    provenManifest: typeof row?.[0] === "string" ? row[0] : null,
    replayedManifest: typeof row?.[1] === "string" ? row[1] : null,
    replayedMs: Number(row?.[2] ?? 0),
    replayTriedMs: Number(row?.[3] ?? 0),
  };
}

/** SHA-256 of a manifest that this store wrote. */
export function findManifestSha256(db: Db, manifest: string): string | undefined {
  const [row] = db.all("select manifest_sha256 from backup_run where manifest=?1", [manifest]);
  return typeof row?.[0] === "string" ? row[0] : undefined;
}

/** A replay put down between two ranges of keys. */
export interface ReplayProgress {
  readonly target: string;
  readonly lineage: string;
  readonly manifest: string;
  readonly manifestSha256: string;
  readonly startedMs: number;
  readonly state: ReplayState;
  readonly block: Uint8Array;
}

export function findReplay(db: Db): ReplayProgress | undefined {
  const [row] = db.all(
    "select target, lineage, manifest, manifest_sha256, started_ms, state, block from backup_proof where id=1",
  );
  if (row === undefined) return undefined;
  return {
    target: String(row[0]),
    lineage: String(row[1]),
    manifest: String(row[2]),
    manifestSha256: String(row[3]),
    startedMs: Number(row[4]),
    state: ReplayState.parse(JSON.parse(String(row[5]))),
    block: row[6] instanceof Uint8Array ? row[6] : new Uint8Array(0),
  };
}

export function saveReplay(db: Db, lease: Lease, replay: ReplayProgress): void {
  underLease(db, lease, () => {
    db.all(
      `insert or replace into backup_proof (id, target, lineage, manifest, manifest_sha256, started_ms, state, block)
       values (1,?1,?2,?3,?4,?5,?6,?7)`,
      [
        replay.target,
        replay.lineage,
        replay.manifest,
        replay.manifestSha256,
        replay.startedMs,
        JSON.stringify(replay.state),
        replay.block,
      ],
    );
    db.all("update backup set replay_tried_ms=?1 where id=1", [replay.startedMs]);
  });
}

/** Forgets a replay in the making. */
export function dropReplay(db: Db, lease: Lease): void {
  underLease(db, lease, () => db.all("delete from backup_proof"));
}

/** Nothing rests on the newest proof any more: the next one replays the whole chain. */
export function distrustProof(db: Db, lease: Lease): void {
  underLease(db, lease, () => {
    db.all("delete from backup_proof");
    db.all("update backup set proven_manifest=null where id=1");
  });
}

/** A replay failed: the next one waits a while. */
export function recordReplayFailed(db: Db, lease: Lease, nowMs: number): void {
  underLease(db, lease, () => db.all("update backup set replay_tried_ms=?1 where id=1", [nowMs]));
}

export interface ProofRecord {
  readonly manifest: string;
  readonly revision: number;
  readonly nowMs: number;
  readonly how: "replay" | "continued";
  /** Names of objects that it read. */
  readonly read: readonly string[];
  /** The proof as an object of the bucket, and whose it is. */
  readonly object: WrittenObject;
  readonly place: { readonly run: string; readonly target: string; readonly lineage: string };
}

export function recordProof(db: Db, lease: Lease, proof: ProofRecord): void {
  const { manifest, revision, nowMs, how, read, object, place } = proof;
  underLease(db, lease, () => {
    insertObject(db, { ...place, nowMs }, object);
    endRun(db, { run: place.run, nowMs });
    db.all("update backup set proven_manifest=?1, proven_revision=?2, proven_ms=?3 where id=1", [
      manifest,
      revision,
      nowMs,
    ]);
    if (how === "replay") {
      db.all(
        "update backup set replayed_manifest=?1, replayed_revision=?2, replayed_ms=?3, replay_tried_ms=?3 where id=1",
        [manifest, revision, nowMs],
      );
      db.all("delete from backup_proof");
    }
    db.all("update backup_object set read_ms=?2 where name in (select value from json_each(?1))", [
      JSON.stringify(read),
      nowMs,
    ]);
  });
}

export function recordScrub(
  db: Db,
  lease: Lease,
  { nowMs, faults }: { nowMs: number; faults: number },
): void {
  underLease(db, lease, () =>
    db.all("update backup set scrubbed_ms=?1, scrub_faults=?2 where id=1", [nowMs, faults]),
  );
}
