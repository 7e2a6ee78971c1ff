/**
 * What proofs leave in the store: which manifest the newest proof is about, a replay in the making, and when each
 * object was last read back. Promise: everything is written under the exporter's lease.
 */
import type { Db } from "../sqlite/driver.ts";
import { firstOf } from "../sqlite/statement.ts";
import { hashesSql } from "./catalogue.sql.ts";
import { endRun, insertObject, type WrittenObject } from "./catalogue.ts";
import type { Catalogue } from "./lease.ts";
import { dropRow, findRow, findWithBlock, putRow, type RowValue } from "./operation.ts";
import { PROVEN, REPLAY_TRIED, REPLAYED, SCRUB } from "./rows.ts";
import { REPLAY } from "./snapshot-rows.ts";

/** The newest proof and the newest replay, by their manifests. */
export interface ProvenPoint {
  readonly provenManifest: string | null;
  readonly replayedManifest: string | null;
  readonly replayedMs: number;
  readonly replayTriedMs: number;
}

export function readProvenPoint(db: Db): ProvenPoint {
  const [proven, replayed] = [findRow(db, PROVEN), findRow(db, REPLAYED)];
  return {
    provenManifest: proven?.manifest ?? null,
    replayedManifest: replayed?.manifest ?? null,
    replayedMs: replayed?.atMs ?? 0,
    replayTriedMs: findRow(db, REPLAY_TRIED)?.atMs ?? 0,
  };
}

/** SHA-256 of a manifest that this store wrote. */
export function findManifestSha256(db: Db, manifest: string): string | undefined {
  return firstOf(db, hashesSql, [manifest])?.manifestSha256 ?? undefined;
}

/** A replay put down between two ranges of keys. */
export interface ReplayProgress extends RowValue<typeof REPLAY> {
  readonly block: Uint8Array;
}

export function findReplay(db: Db): ReplayProgress | undefined {
  const found = findWithBlock(db, REPLAY);
  return found === undefined ? undefined : { ...found.value, block: found.block };
}

export function saveReplay(catalogue: Catalogue, { block, ...replay }: ReplayProgress): void {
  catalogue.write((db) => {
    putRow(db, REPLAY, replay, block);
    putRow(db, REPLAY_TRIED, { atMs: replay.startedMs });
  });
}

/** Forgets a replay in the making. */
export function dropReplay(catalogue: Catalogue): void {
  catalogue.write((db) => dropRow(db, REPLAY));
}

/** Nothing rests on the newest proof any more: the next one replays the whole chain. */
export function distrustProof(catalogue: Catalogue): void {
  catalogue.write((db) => {
    dropRow(db, REPLAY);
    db.all("update operation set value=json_set(value,'$.manifest',null) where name='proven'");
  });
}

/** A replay failed: the next one waits a while. */
export function recordReplayFailed(catalogue: Catalogue, nowMs: number): void {
  catalogue.write((db) => putRow(db, REPLAY_TRIED, { atMs: nowMs }));
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

export function recordProof(catalogue: Catalogue, proof: ProofRecord): void {
  const { manifest, revision, nowMs, how, read, object, place } = proof;
  catalogue.write((db) => {
    insertObject(db, { ...place, nowMs }, object);
    endRun(db, { run: place.run, nowMs });
    const made = { revision, atMs: nowMs, manifest };
    putRow(db, PROVEN, made);
    if (how === "replay") {
      putRow(db, REPLAYED, made);
      putRow(db, REPLAY_TRIED, { atMs: nowMs });
      dropRow(db, REPLAY);
    }
    db.all("update backup_object set read_ms=?2 where name in (select value from json_each(?1))", [
      JSON.stringify(read),
      nowMs,
    ]);
  });
}

export function recordScrub(
  catalogue: Catalogue,
  { nowMs, faults }: { nowMs: number; faults: number },
): void {
  catalogue.write((db) => putRow(db, SCRUB, { atMs: nowMs, faults }));
}
