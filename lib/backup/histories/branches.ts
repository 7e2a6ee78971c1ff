/**
 * Branches: the histories that a bucket holds, each by a name that a restore takes. Usually a lineage is one
 * chain of manifests; where a copied file has written beside its source, one lineage holds two, and then a tip
 * is named by lineage and run. Promise: a manifest that an own abandoned run left late is no branch.
 */

import type { Bucket } from "../../bucket/bucket.ts";
import { EPOCH_STRIDE } from "../../core/revision.ts";
import { listClaims, listHeads } from "../../snapshot/heads.ts";
import { parseCommitWithChanges } from "../../snapshot/lines.ts";
import { EPOCHS, HEADS, isLineage, manifestsPrefix, parseManifestName } from "../../snapshot/names.ts";
import {
  type Reading,
  type ReadManifest,
  readableManifest,
  readBaseIndex,
  readSegment,
  required,
} from "../../snapshot/read.ts";

/** How many manifests are looked at for a second chain. */
const SCAN_MAX = 200;
const READS_AT_ONCE = 8;

export interface BranchTop {
  /** What `--branch` takes: the lineage's first digits, with `@` and a run where it holds two chains. */
  readonly branch: string;
  readonly lineage: string;
  readonly run: string;
  readonly epoch: number;
  readonly revision: number;
  readonly manifest: string;
}

/** A lineage as its newest names show it. */
export interface LineageTop {
  readonly lineage: string;
  readonly epoch: number;
  readonly revision: number;
  /** Names of manifests, newest first. */
  readonly names: readonly string[];
}

/** Every branch in the bucket, the newest first. Throws BucketFault. */
export async function listBranches(bucket: Bucket, reading: Reading = {}): Promise<BranchTop[]> {
  const branches: BranchTop[] = [];
  for (const top of await listTops(bucket)) branches.push(...(await branchesOf(bucket, top, reading)));
  return branches;
}

async function branchesOf(bucket: Bucket, top: LineageTop, reading: Reading): Promise<BranchTop[]> {
  const newest = await readableNewest(bucket, top, reading);
  if (newest === undefined) return [branchOf(top.names[0] ?? "", false)];
  const others = await otherTips(bucket, newest, top.names, reading);
  const forked = others.length > 0;
  return [newest, ...others].map(({ name }) => branchOf(name, forked));
}

async function readableNewest(
  bucket: Bucket,
  top: LineageTop,
  reading: Reading,
): Promise<ReadManifest | undefined> {
  for (const name of top.names.slice(0, 5)) {
    const read = await readableManifest(bucket, name, reading);
    if (read !== undefined) return read;
  }
  return undefined;
}

/** `forked`: the lineage holds more than one chain, so that the run has to be named too. */
export function branchOf(manifest: string, forked: boolean): BranchTop {
  const parts = parseManifestName(manifest);
  if (parts === undefined) throw new Error(`${manifest} is not the name of a manifest`);
  const { lineage, run, revision } = parts;
  const branch = forked ? `${lineage.slice(0, 8)}@${run.slice(0, 8)}` : lineage.slice(0, 8);
  return { branch, lineage, run, epoch: epochOf(revision), revision, manifest };
}

function epochOf(revision: number): number {
  return Math.floor(revision / EPOCH_STRIDE);
}

/**
 * Every lineage that has a manifest here, the newest revision first. Each claims its epoch before anything
 * else, so claims are enough; heads and folders find those whose claim was lost (a folder list alone is not:
 * small servers leave some out).
 */
export async function listTops(bucket: Bucket): Promise<LineageTop[]> {
  const claims = (await listClaims(bucket)).map(({ lineage }) => lineage);
  const heads = await listHeads(bucket);
  const folders = (await bucket.folders()).filter(isLineage);
  const found = new Set([...folders, ...claims, ...heads]);
  const tops = await Promise.all([...found].sort().map((lineage) => topOf(bucket, lineage)));
  return tops
    .filter((top): top is LineageTop => top !== undefined)
    .sort((left, right) => right.revision - left.revision);
}

/** Whether anybody's backups lie under the prefix. */
export async function holdsSnapshots(bucket: Bucket): Promise<boolean> {
  for (const prefix of [HEADS, EPOCHS]) if ((await bucket.list(prefix)).length > 0) return true;
  return (await bucket.folders()).some(isLineage);
}

/** Names of a lineage's manifests, newest first. */
export async function listManifests(bucket: Bucket, lineage: string): Promise<string[]> {
  const names = await bucket.list(manifestsPrefix(lineage));
  return names.filter((name) => parseManifestName(name) !== undefined);
}

/** Whether a restore would come by a manifest: it looks for lineages, and for manifests by the list of their folder. */
export async function isFound(bucket: Bucket, lineage: string, manifest: string): Promise<boolean> {
  return (await isListed(bucket, lineage)) && (await listManifests(bucket, lineage)).includes(manifest);
}

async function isListed(bucket: Bucket, lineage: string): Promise<boolean> {
  if ((await listClaims(bucket)).some((claim) => claim.lineage === lineage)) return true;
  return (await listHeads(bucket)).includes(lineage) || (await bucket.folders()).includes(lineage);
}

async function topOf(bucket: Bucket, lineage: string): Promise<LineageTop | undefined> {
  const names = await listManifests(bucket, lineage);
  const revision = parseManifestName(names[0] ?? "")?.revision;
  return revision === undefined ? undefined : { lineage, epoch: epochOf(revision), revision, names };
}

/**
 * Tips of other chains in the newest manifest's lineage, as far back as its base: manifests that are not its
 * ancestors and whose last commit is not a commit of its history. What cannot be read is passed over.
 */
export async function otherTips(
  bucket: Bucket,
  newest: ReadManifest,
  names: readonly string[],
  reading: Reading,
): Promise<ReadManifest[]> {
  const from = newest.base?.revision ?? 0;
  const looked = names
    .filter((name) => name !== newest.name && (parseManifestName(name)?.revision ?? -1) >= from)
    .slice(0, SCAN_MAX);
  const read = await readAll(bucket, looked, reading);
  const chain = ancestorsOf(newest, read);
  const own = new Set([newest, ...chain.values()].map(tipOf));
  const commits = commitFinder(bucket, newest, reading);
  const strangers: ReadManifest[] = [];
  for (const one of read.values()) {
    if (chain.has(one.name) || own.has(tipOf(one))) continue;
    if ((await commits(one.manifest.revision)) !== one.manifest.tip) strangers.push(one);
  }
  return tipsOf(strangers);
}

function tipOf({ manifest }: ReadManifest): string {
  return `${manifest.revision} ${manifest.tip}`;
}

/** Parents of parents, as far as they were read. */
function ancestorsOf(
  newest: ReadManifest,
  read: ReadonlyMap<string, ReadManifest>,
): Map<string, ReadManifest> {
  const chain = new Map<string, ReadManifest>();
  for (let at = newest.manifest.parent; at !== null; ) {
    const parent = read.get(at.name);
    if (parent === undefined || parent.sha256 !== at.sha256 || chain.has(parent.name)) break;
    chain.set(parent.name, parent);
    at = parent.manifest.parent;
  }
  return chain;
}

/** Of manifests that are not ours, those that no other of them goes on from. */
function tipsOf(strangers: readonly ReadManifest[]): ReadManifest[] {
  const byName = new Map(strangers.map((one) => [one.name, one]));
  const inner = new Set<string>();
  const seen = new Set<string>();
  for (const one of strangers) {
    for (const name of ancestorsOf(one, byName).keys()) inner.add(name);
  }
  return strangers.filter((one) => {
    if (inner.has(one.name) || seen.has(tipOf(one))) return false;
    seen.add(tipOf(one));
    return true;
  });
}

/** The id of a commit that the snapshot holds above its base; undefined for other revisions. */
function commitFinder(
  bucket: Bucket,
  { manifest, base, segments }: ReadManifest,
  reading: Reading,
): (revision: number) => Promise<string | undefined> {
  const ids = new Map<number, string>([[manifest.revision, manifest.tip]]);
  const loaded = new Set<string>();
  return async (revision) => {
    const known = ids.get(revision);
    if (known !== undefined) return known;
    if (base !== undefined && revision === base.revision) {
      const index = await readBaseIndex(bucket, base, manifest.ancestry, reading);
      ids.set(index.revision, index.tip);
      return index.tip;
    }
    const holder = segments.find(({ segment }) => segment.after < revision && revision <= segment.revision);
    if (holder === undefined || loaded.has(holder.segment.name)) return undefined;
    const { segment, auth } = holder;
    loaded.add(segment.name);
    const lines = await readSegment(bucket, manifest.lineage, segment, auth?.sha256 ?? null, reading);
    lines.forEach((line, at) => {
      const { commit } = required(parseCommitWithChanges(line), segment.name, at);
      ids.set(commit.revision, commit.id);
    });
    return ids.get(revision);
  };
}

async function readAll(
  bucket: Bucket,
  names: readonly string[],
  reading: Reading,
): Promise<Map<string, ReadManifest>> {
  const read = new Map<string, ReadManifest>();
  for (let at = 0; at < names.length; at += READS_AT_ONCE) {
    const some = names.slice(at, at + READS_AT_ONCE);
    const got = await Promise.all(some.map((name) => readableManifest(bucket, name, reading)));
    for (const one of got) if (one !== undefined) read.set(one.name, one);
  }
  return read;
}
