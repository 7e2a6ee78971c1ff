/**
 * Restore: a snapshot's objects replayed into an empty store. Promise: the result is the source's state and
 * history at the revision or a fault that names the object; where the snapshot carries a state digest, the
 * replayed rows were compared with it; the next epoch is pending in the result.
 */
import { formatHex } from "../core/hex.ts";
import { EPOCH_STRIDE } from "../core/revision.ts";
import type { Db } from "../store/driver.ts";
import {
  countRows,
  emptyStore,
  findNewestCommit,
  foldEntries,
  insertLineages,
  listStoreFaults,
  type PendingEpoch,
  type RowWriter,
  rebuildUsage,
  rowWriter,
  setRestoredStore,
} from "../store/restore-rows.ts";
import type { BaseIndex, Digest } from "../wire/snapshot.ts";
import { type Bucket, damaged } from "./bucket.ts";
import type { FoundSnapshot } from "./find-snapshot.ts";
import {
  type ReadManifest,
  readBaseIndex,
  readManifest,
  readPart,
  readSegment,
  required,
} from "./read-snapshot.ts";
import {
  type CommitLine,
  parseAuthChanges,
  parseBaseChange,
  parseCommit,
  parseCommitWithChanges,
} from "./snapshot-lines.ts";
import { digestState } from "./state-digest.ts";

export interface RestoreProgress {
  readonly phase: "replaying" | "checking";
  readonly doneBytes: number;
  readonly totalBytes: number;
}

export interface RestoreReport {
  readonly lineage: string;
  readonly epoch: number;
  readonly revision: number;
  readonly manifest: string;
  /** `proven`: the state at the revision was compared with a digest. `linked`: only its objects' hashes. */
  readonly check: "proven" | "linked";
  /** The newest revision whose state was compared with a digest; null when the snapshot carries none. */
  readonly digestRevision: number | null;
  /** History can be read from this revision on. */
  readonly historyFrom: number;
  readonly commits: number;
  readonly changes: number;
  readonly documents: number;
  readonly objects: number;
  readonly bytes: number;
  /** What the first commit in the restored store will open. */
  readonly pending: PendingEpoch;
}

export interface RestoreOptions {
  readonly db: Db;
  readonly bucket: Bucket;
  randomBytes(length: number): Uint8Array;
  onProgress?(progress: RestoreProgress): void;
}

/** Replays the snapshot into the empty store behind `db`, in one transaction. Throws BucketFault, StoreFault. */
export async function restoreInto(options: RestoreOptions, found: FoundSnapshot): Promise<RestoreReport> {
  const { db } = options;
  // Rows arrive before what they refer to; foreign_key_check looks at all of them at the end.
  db.all("pragma foreign_keys=off");
  db.all("begin immediate");
  try {
    if (!emptyStore(db)) throw new Error("a restore needs an empty store");
    const report = await replay(options, found);
    db.all("commit");
    return report;
  } catch (error) {
    // What failed matters; a rollback that fails too means that SQLite already did it.
    try {
      db.all("rollback");
    } catch {}
    throw error;
  }
}

/** What the steps of one replay share. */
interface Replay extends RestoreOptions {
  readonly found: FoundSnapshot;
  readonly rows: RowWriter;
  /** Entries are folded up to here. */
  folded: number;
  /** Digests still to be compared, oldest first. */
  digests: (Digest & { readonly object: string })[];
  digestRevision: number | null;
  objects: number;
  bytes: number;
}

async function replay(options: RestoreOptions, found: FoundSnapshot): Promise<RestoreReport> {
  const { db, bucket } = options;
  const { snapshot, revision, highestEpoch } = found;
  const { manifest, base, segments } = snapshot;
  const state: Replay = {
    ...options,
    found,
    rows: rowWriter(db),
    folded: 0,
    digests: await digestsBelow(bucket, snapshot, revision),
    digestRevision: null,
    objects: 1,
    bytes: 0,
  };
  const index = base === undefined ? undefined : await readBaseIndex(bucket, base, manifest.ancestry);
  insertLineages(db, manifest.ancestry);
  if (index !== undefined) await replayBase(state, index, base?.name ?? "");
  for (const { segment, auth } of segments) {
    if (segment.after >= revision) break;
    await replaySegment(state, segment, auth);
  }
  await settle(state, revision);
  const newest = findNewestCommit(db);
  if (newest?.revision !== revision || (revision === manifest.revision && newest.id !== manifest.tip)) {
    throw damaged(snapshot.name, `its objects end at revision ${newest?.revision ?? 0}`);
  }
  rebuildUsage(db, index?.usage ?? []);
  options.onProgress?.({ phase: "checking", doneBytes: state.bytes, totalBytes: totalBytes(snapshot) });
  const [fault] = listStoreFaults(db);
  if (fault !== undefined) throw damaged(snapshot.name, `the rows it gives are not a store: ${fault}`);
  const own = manifest.ancestry.at(-1);
  if (own === undefined) throw damaged(snapshot.name, "it has no ancestry");
  const pending = pendingEpoch(highestEpoch + 1, options);
  setRestoredStore(db, own, revision, pending);
  return {
    lineage: manifest.lineage,
    epoch: manifest.epoch,
    revision,
    manifest: snapshot.name,
    check: state.digestRevision === revision ? "proven" : "linked",
    digestRevision: state.digestRevision,
    historyFrom: Math.max(1, ...(index?.usage ?? []).map(({ compacted }) => compacted)),
    ...countRows(db),
    objects: state.objects,
    bytes: state.bytes,
    pending,
  };
}

/** Digests at or below the revision: the manifest's own, and its parent's where it lies inside the chain. */
async function digestsBelow(
  bucket: Bucket,
  { name, manifest, base }: ReadManifest,
  revision: number,
): Promise<Replay["digests"]> {
  const digests: Replay["digests"] = [];
  if (manifest.digest !== null) digests.push({ ...manifest.digest, object: name });
  else if (manifest.parent !== null) {
    const parent = await readManifest(bucket, manifest.parent.name, manifest.parent.sha256);
    if (parent.manifest.digest !== null) digests.push({ ...parent.manifest.digest, object: parent.name });
  }
  const start = base?.revision ?? 0;
  return digests.filter((digest) => digest.revision >= start && digest.revision <= revision);
}

async function replayBase(state: Replay, index: BaseIndex, name: string): Promise<void> {
  const { rows, bucket } = state;
  for (const [at, part] of index.parts.entries()) {
    const lines = await readPart(bucket, index, part, at + 1);
    lines.forEach((line, number) => {
      if (part.kind === "commits") {
        rows.commit(required(parseCommit(line), part.name, number));
        return;
      }
      const { created, version, ...change } = required(parseBaseChange(line), part.name, number);
      rows.change(change, created === null || version === null ? undefined : { created, version });
    });
    noteObject(state, part.rawBytes);
  }
  rows.flush();
  noteObject(state, 0);
  state.folded = index.revision;
  // The index says it too, for bases that a later manifest carries without a digest of its own.
  if (!state.digests.some(({ revision }) => revision === index.revision)) {
    state.digests.unshift({ revision: index.revision, sha256: index.digest, object: name });
  }
  await compareDigests(state, index.revision);
}

async function replaySegment(
  state: Replay,
  segment: ReadManifest["segments"][number]["segment"],
  auth: ReadManifest["segments"][number]["auth"],
): Promise<void> {
  const { bucket, rows, found } = state;
  const { lineage } = found.snapshot.manifest;
  const tokens = new Map<number, ReturnType<typeof parseAuthChanges>>();
  if (auth !== undefined) {
    const lines = await readSegment(bucket, lineage, auth, null);
    lines.forEach((line, number) => {
      const parsed = required(parseAuthChanges(line), auth.name, number);
      tokens.set(parsed.revision, parsed);
    });
    noteObject(state, auth.rawBytes);
  }
  const lines = await readSegment(bucket, lineage, segment, auth?.sha256 ?? null);
  let before = segment.after;
  for (const [number, line] of lines.entries()) {
    const { commit, changes } = required(parseCommitWithChanges(line), segment.name, number);
    if (commit.revision <= before || commit.revision > segment.revision) {
      throw damaged(segment.name, `revision ${commit.revision} does not belong there`);
    }
    before = commit.revision;
    if (commit.revision > found.revision) return;
    const next = state.digests[0];
    if (next !== undefined && next.revision < commit.revision) await settle(state, next.revision);
    const all = [...changes, ...(tokens.get(commit.revision)?.changes ?? [])];
    checkCount(commit, all.length, segment.name);
    rows.commit(commit);
    for (const change of all) rows.change({ ...change, revision: commit.revision });
  }
  if (before !== segment.revision) throw damaged(segment.name, "it ends before its revision");
  noteObject(state, segment.rawBytes);
}

function checkCount({ revision, count }: CommitLine, found: number, object: string): void {
  // Compaction takes changes away, so there may be fewer; more would be somebody else's.
  if (found > count) throw damaged(object, `commit ${revision} has ${found} changes instead of ${count}`);
}

/** Brings the entries up to a revision and compares its digest if there is one. */
async function settle(state: Replay, revision: number): Promise<void> {
  state.rows.flush();
  if (state.folded < revision) foldEntries(state.db, state.folded);
  state.folded = revision;
  await compareDigests(state, revision);
}

async function compareDigests(state: Replay, revision: number): Promise<void> {
  for (const next of state.digests.filter((digest) => digest.revision === revision)) {
    // The digest reads namespaces from usage, which has to be there by now.
    rebuildUsage(state.db, []);
    const { sha256 } = await digestState(state.db, { kind: "entries" });
    if (sha256 !== next.sha256)
      throw damaged(next.object, `the state at revision ${revision} does not fit its digest`);
    state.digestRevision = revision;
  }
  state.digests = state.digests.filter((digest) => digest.revision > revision);
}

function noteObject(state: Replay, rawBytes: number): void {
  state.objects += 1;
  state.bytes += rawBytes;
  state.onProgress?.({
    phase: "replaying",
    doneBytes: state.bytes,
    totalBytes: totalBytes(state.found.snapshot),
  });
}

function totalBytes({ manifest }: ReadManifest): number {
  return manifest.objects.reduce((sum, { rawBytes }) => sum + rawBytes, 0);
}

/** A random lineage that begins somewhere in the lower half of its epoch's numbers. */
function pendingEpoch(epoch: number, { randomBytes }: RestoreOptions): PendingEpoch {
  const start = randomBytes(8).reduce((number, byte) => (number * 256 + byte) % 2 ** 39, 0);
  return { lineage: formatHex(randomBytes(16)), epoch, firstRevision: epoch * EPOCH_STRIDE + start };
}
