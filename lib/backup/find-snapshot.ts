/**
 * Which snapshot a restore begins with: the newest of all lineages, or one that holds a named revision of the
 * newest lineage's ancestry. Promise: nothing is guessed; a revision outside of what the bucket holds is
 * refused with what it does hold.
 */
import { accept, type Outcome, refuse } from "../core/refusal.ts";
import { EPOCH_STRIDE } from "../core/revision.ts";
import { Head } from "../wire/snapshot.ts";
import { type Bucket, listAll } from "./bucket.ts";
import { textOf } from "./bytes.ts";
import {
  EPOCHS,
  HEADS,
  inverse,
  isLineage,
  manifestsPrefix,
  parseEpochName,
  parseHeadName,
  parseManifestName,
} from "./names.ts";
import { type ReadManifest, readManifest } from "./read-snapshot.ts";

export interface FoundSnapshot {
  readonly snapshot: ReadManifest;
  /** The revision to restore to, at or below the manifest's. */
  readonly revision: number;
  /** The highest epoch that anything in the bucket speaks of. */
  readonly highestEpoch: number;
}

export type FindRefusal = "not_found" | "revision_unknown" | "revision_lost";

/** Finds the snapshot. Throws BucketFault, `snapshot_damaged` included. */
export async function findSnapshot(
  bucket: Bucket,
  wanted: number | undefined,
): Promise<Outcome<FoundSnapshot, FindRefusal>> {
  const lineages = await listLineages(bucket);
  const tops = await Promise.all(lineages.map((lineage) => newestRevision(bucket, lineage)));
  const newestOf = Math.max(0, ...tops);
  const lineage = lineages[tops.indexOf(newestOf)];
  if (newestOf === 0 || lineage === undefined)
    return refuse("not_found", "The bucket holds no snapshot under this prefix.");
  const newest = await bestOf(bucket, await manifestsAt(bucket, lineage, newestOf));
  if (newest === undefined) return refuse("not_found", "The bucket holds no snapshot under this prefix.");
  const highestEpoch = Math.max(
    await claimedEpoch(bucket),
    ...tops.map((top) => Math.floor(top / EPOCH_STRIDE)),
    newest.manifest.epoch,
  );
  if (wanted === undefined || wanted === newestOf)
    return accept({ snapshot: newest, revision: newestOf, highestEpoch });
  const owner = ownerOf(newest, wanted);
  if (!owner.ok) return owner;
  const snapshot = await holding(bucket, owner.value, wanted);
  if (snapshot === undefined)
    return refuse("not_found", `No snapshot in the bucket can be replayed to revision ${wanted}.`);
  return accept({ snapshot, revision: wanted, highestEpoch });
}

/**
 * Every lineage that has written here. Each claims its epoch before anything else, so claims are enough; heads
 * and folders find those whose claim was lost (a folder list alone is not: small servers leave some out).
 */
async function listLineages(bucket: Bucket): Promise<string[]> {
  const claims = (await listAll(bucket, EPOCHS)).map((name) => parseEpochName(name)?.lineage);
  const heads = (await listAll(bucket, HEADS)).map(parseHeadName);
  const found = new Set((await bucket.folders()).filter(isLineage));
  for (const lineage of [...claims, ...heads]) if (lineage !== undefined) found.add(lineage);
  return [...found].sort();
}

async function newestRevision(bucket: Bucket, lineage: string): Promise<number> {
  const { names } = await bucket.list(manifestsPrefix(lineage));
  for (const name of names) {
    const parts = parseManifestName(name);
    if (parts !== undefined) return parts.revision;
  }
  return 0;
}

async function manifestsAt(bucket: Bucket, lineage: string, revision: number): Promise<string[]> {
  const names = await listAll(bucket, `${manifestsPrefix(lineage)}${inverse(revision)}-`);
  return names.filter((name) => parseManifestName(name) !== undefined);
}

/** Of manifests at one revision, which all hold the same state: the one with the newest digest. */
async function bestOf(bucket: Bucket, names: readonly string[]): Promise<ReadManifest | undefined> {
  let best: ReadManifest | undefined;
  for (const name of names) {
    const read = await readManifest(bucket, name);
    if (best === undefined || digestRevision(read) > digestRevision(best)) best = read;
  }
  return best;
}

function digestRevision({ manifest }: ReadManifest): number {
  return manifest.digest?.revision ?? -1;
}

/** The lineage of the ancestry whose history `revision` belongs to. */
function ownerOf({ manifest }: ReadManifest, revision: number): Outcome<string, FindRefusal> {
  if (revision > manifest.revision) {
    return refuse(
      "revision_unknown",
      `The newest snapshot in the bucket is at revision ${manifest.revision}.`,
    );
  }
  const { ancestry } = manifest;
  for (let at = ancestry.length - 1; at >= 0; at -= 1) {
    const ancestor = ancestry[at];
    if (ancestor === undefined || revision < ancestor.firstRevision) continue;
    const left = ancestry[at + 1]?.parentRevision;
    if (typeof left !== "number" || revision <= left) return accept(ancestor.lineage);
    return refuse(
      "revision_lost",
      `Revision ${revision} came after ${left}, where this history was left by a restore.`,
    );
  }
  return refuse("revision_unknown", "Revisions begin at 1.");
}

/** The lowest manifest of the lineage at or above the revision whose chain begins at or below it. */
async function holding(bucket: Bucket, lineage: string, revision: number): Promise<ReadManifest | undefined> {
  const byRevision = new Map<number, string[]>();
  for (const name of await namesDownTo(bucket, lineage, revision)) {
    const at = parseManifestName(name)?.revision ?? 0;
    if (at >= revision) byRevision.set(at, [...(byRevision.get(at) ?? []), name]);
  }
  for (const at of [...byRevision.keys()].sort((left, right) => left - right)) {
    const names = byRevision.get(at) ?? [];
    const fitting: string[] = [];
    for (const name of names) {
      const { base } = await readManifest(bucket, name);
      if ((base?.revision ?? 0) <= revision) fitting.push(name);
    }
    if (fitting.length > 0) return bestOf(bucket, fitting);
  }
  return undefined;
}

/** Names of manifests, newest first, until one below the revision. */
async function namesDownTo(bucket: Bucket, lineage: string, revision: number): Promise<string[]> {
  const names: string[] = [];
  for (let after: string | undefined; ; ) {
    const page = await bucket.list(manifestsPrefix(lineage), after);
    names.push(...page.names);
    after = page.names.at(-1);
    const reached = after === undefined ? 0 : (parseManifestName(after)?.revision ?? revision);
    if (!page.more || after === undefined || reached < revision) return names;
  }
}

/** The highest epoch that a claim or a head speaks of; an unreadable head counts for nothing. */
async function claimedEpoch(bucket: Bucket): Promise<number> {
  let highest = 0;
  for (const name of await listAll(bucket, EPOCHS))
    highest = Math.max(highest, parseEpochName(name)?.epoch ?? 0);
  for (const name of await listAll(bucket, HEADS)) {
    const bytes = await bucket.get(name, 4_194_304);
    const epoch = bytes === undefined ? undefined : headEpoch(bytes);
    if (epoch !== undefined && epoch < 8192) highest = Math.max(highest, epoch);
  }
  return highest;
}

function headEpoch(bytes: Uint8Array): number | undefined {
  try {
    const head = Head.safeParse(JSON.parse(textOf(bytes) ?? ""));
    return head.success ? head.data.epoch : undefined;
  } catch {
    return undefined;
  }
}
