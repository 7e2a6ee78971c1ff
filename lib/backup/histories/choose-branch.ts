/**
 * Which of a bucket's histories a restore means: the one that is named, or the newest where that is not in doubt.
 * Promise: where two are equally good it is refused with their names. A damaged manifest is passed over for another of
 * its revision, which is the same state. Where there is none it is named together with the next one that could be
 * used: that one lacks commits, so a person has to ask for it.
 */

import { type Bucket, BucketFault, damaged, isDamage } from "../../bucket/bucket.ts";
import { accept, type Outcome, refuse } from "../../core/refusal.ts";
import { parseTime } from "../../core/time.ts";
import { readHeads } from "../../snapshot/heads.ts";
import { parseManifestName } from "../../snapshot/names.ts";
import { type Reading, type ReadManifest, readBaseIndex, readManifest } from "../../snapshot/read.ts";
import { branchOf, type LineageTop, otherTips } from "./branches.ts";

export type FindRefusal =
  | "not_found"
  | "revision_unknown"
  | "revision_lost"
  | "compacted"
  | "fork"
  | "bad_parameter";

export type FoundOutcome<T> = Outcome<T, FindRefusal>;

/** How a search reads, and what it has met: a manifest that needs a damaged object is as good as damaged itself. */
export interface Searching extends Reading {
  readonly damage?: readonly BucketFault[] | undefined;
}

/** No snapshot of the revision can be used; `older` is the next one that can. */
export class OnlyOlder extends BucketFault {
  readonly older: { readonly branch: string; readonly revision: number };
  constructor(fault: BucketFault, older: OnlyOlder["older"]) {
    const detail = `${fault.detail}; the next snapshot is ${older.branch} (revision ${older.revision})`;
    super(fault.code, fault.object, detail, { cause: fault });
    this.older = older;
  }
}

export interface Branched {
  readonly newest: ReadManifest;
  readonly top: LineageTop;
  /** A run was named: only its own parents are this history. */
  readonly named: boolean;
}

/** The newest manifest of the branch that is named, or of the newest one if that is not in doubt. */
export async function chooseBranch(
  bucket: Bucket,
  tops: readonly LineageTop[],
  branch: string | undefined,
  searching: Searching,
): Promise<FoundOutcome<Branched>> {
  const [first, ...others] = tops;
  if (first === undefined) return refuse("not_found", "The bucket holds no snapshot under this prefix.");
  if (branch !== undefined) return namedBranch(bucket, tops, branch, searching);
  const rivals = others.filter(({ epoch }) => epoch === first.epoch);
  if (rivals.length > 0) {
    const names = [first, ...rivals].map((top) => shown(top.names[0] ?? "", false));
    return refuse(
      "fork",
      `Two histories went on in epoch ${first.epoch}. Name one with branch: ${names.join(", ")}.`,
    );
  }
  const lost = (await readHeads(bucket)).find(({ revision }) => revision > first.revision);
  if (lost !== undefined) return withOlder(bucket, first.names, missing(lost.manifest.name), searching);
  return newestOf(bucket, first, searching).catch((error: unknown) =>
    elsewhere(bucket, others, error, searching),
  );
}

/** Where nothing of a history can be used, its ancestors may: says which of the others has the newest. Always throws. */
async function elsewhere(
  bucket: Bucket,
  others: readonly LineageTop[],
  error: unknown,
  searching: Searching,
): Promise<never> {
  if (!isDamage(error) || error instanceof OnlyOlder) throw error;
  for (const { names } of others) {
    const [newest] = (await readUsable(bucket, names.slice(0, 1), searching)).usable;
    if (newest === undefined) continue;
    const { branch, revision } = branchOf(newest.name, false);
    throw new OnlyOlder(error, { branch, revision });
  }
  throw error;
}

/** A manifest is written before the head that names it, so a newer head means that the manifest was lost. */
function missing(manifest: string): BucketFault {
  return damaged(manifest, "a head names it, and it is missing");
}

async function namedBranch(
  bucket: Bucket,
  tops: readonly LineageTop[],
  branch: string,
  searching: Searching,
): Promise<FoundOutcome<Branched>> {
  const match = /^([0-9a-f]{8,32})(?:@([0-9a-f]{8,16}))?$/.exec(branch);
  if (match === null)
    return refuse("bad_parameter", "branch is at least 8 hex digits of a lineage, or LINEAGE@RUN.");
  const [, lineage = "", run] = match;
  const fitting = tops.filter((top) => top.lineage.startsWith(lineage));
  const [top] = fitting;
  if (top === undefined) return refuse("not_found", `The bucket holds no lineage ${lineage}.`);
  if (fitting.length > 1)
    return refuse("bad_parameter", `${fitting.length} lineages begin with ${lineage}; give more digits.`);
  if (run === undefined) {
    const heads = await readHeads(bucket);
    const lost = heads.find((head) => head.lineage === top.lineage && head.revision > top.revision);
    if (lost !== undefined) return withOlder(bucket, top.names, missing(lost.manifest.name), searching);
    return newestOf(bucket, top, searching);
  }
  const name = top.names.find((one) => parseManifestName(one)?.run.startsWith(run));
  if (name === undefined) return refuse("not_found", `Lineage ${lineage} has no manifest of the run ${run}.`);
  const newest = await usableManifest(bucket, name, searching).catch((error: unknown) =>
    withOlder(bucket, notNewer(top.names, name), error, searching),
  );
  return accept({ newest, top, named: true });
}

/** The newest manifest of a lineage, once nothing shows that it holds a second chain. */
export async function newestOf(
  bucket: Bucket,
  top: LineageTop,
  searching: Searching,
): Promise<FoundOutcome<Branched>> {
  const names = top.names.filter((name) => parseManifestName(name)?.revision === top.revision);
  const newest = await bestOf(bucket, names, searching).catch((error: unknown) =>
    withOlder(bucket, top.names, error, searching),
  );
  const others = await otherTips(bucket, newest, top.names, searching);
  if (others.length === 0) return accept({ newest, top, named: false });
  const tips = [newest, ...others].map(({ name }) => shown(name, true));
  return refuse(
    "fork",
    `Two stores wrote into lineage ${top.lineage.slice(0, 8)}. Name one with branch: ${tips.join(", ")}.`,
  );
}

function shown(manifest: string, forked: boolean): string {
  const { branch, revision } = branchOf(manifest, forked);
  return `${branch} (revision ${revision})`;
}

function notNewer(names: readonly string[], name: string): string[] {
  const revision = parseManifestName(name)?.revision ?? 0;
  return names.filter((one) => (parseManifestName(one)?.revision ?? 0) <= revision);
}

/** Says which older manifest could be used instead. Always throws. */
async function withOlder(
  bucket: Bucket,
  names: readonly string[],
  error: unknown,
  searching: Searching,
): Promise<never> {
  if (!isDamage(error)) throw error;
  const older = await findOlder(bucket, names, searching);
  throw older === undefined ? error : new OnlyOlder(error, older);
}

/** The newest of these manifests that can be used. */
async function findOlder(
  bucket: Bucket,
  names: readonly string[],
  searching: Searching,
): Promise<OnlyOlder["older"] | undefined> {
  for (const name of names.slice(0, 200)) {
    const { usable } = await readUsable(bucket, [name], searching);
    if (usable.length === 0) continue;
    const { branch, revision } = branchOf(name, true);
    return { branch, revision };
  }
  return undefined;
}

/** Reads a manifest that needs nothing of what is known to be damaged. Throws BucketFault. */
async function usableManifest(bucket: Bucket, name: string, searching: Searching): Promise<ReadManifest> {
  const { damage = [] } = searching;
  const own = damage.find(({ object }) => object === name);
  if (own !== undefined) throw own;
  const read = await readManifest(bucket, name, undefined, searching);
  for (const fault of damage) if (await needs(bucket, read, fault.object, searching)) throw fault;
  return read;
}

async function needs(
  bucket: Bucket,
  { manifest, base }: ReadManifest,
  object: string,
  reading: Reading,
): Promise<boolean> {
  if (manifest.objects.some(({ name }) => name === object)) return true;
  if (base === undefined || !/\.part-\d{5}\.ndjson\.gz$/.test(object)) return false;
  const index = await readBaseIndex(bucket, base, manifest.ancestry, reading);
  return index.parts.some(({ name }) => name === object);
}

/**
 * Of manifests at one revision: the one with the newest digest, of those the one that seals the store, which says
 * that the life goes on elsewhere, then the one with the newest base, which a damaged chain was replaced by, then the one
 * that was made last. They hold the same state, or are a fork. One that cannot be used (torn when its exporter died, or
 * in need of what is damaged) matters only where there is no other.
 */
async function bestOf(bucket: Bucket, names: readonly string[], searching: Searching): Promise<ReadManifest> {
  const { usable, damage } = await readUsable(bucket, names, searching);
  const best = bestRead(usable);
  if (best !== undefined) return best;
  throw damage ?? new Error("there is no manifest to choose from");
}

/** Those of the manifests that can be used, and why the first of the others cannot. */
export async function readUsable(
  bucket: Bucket,
  names: readonly string[],
  searching: Searching,
): Promise<{ usable: ReadManifest[]; damage: BucketFault | undefined }> {
  const usable: ReadManifest[] = [];
  let damage: BucketFault | undefined;
  for (const name of names) {
    try {
      usable.push(await usableManifest(bucket, name, searching));
    } catch (error) {
      if (!isDamage(error)) throw error;
      damage ??= error;
    }
  }
  return { usable, damage };
}

/** The best of manifests at one revision, as bestOf has it; undefined where there are none. */
export function bestRead(manifests: readonly ReadManifest[]): ReadManifest | undefined {
  let best: ReadManifest | undefined;
  for (const one of manifests) if (best === undefined || isBetter(one, best)) best = one;
  return best;
}

function isBetter(one: ReadManifest, other: ReadManifest): boolean {
  const [left, right] = [ranks(one), ranks(other)];
  const at = left.findIndex((rank, index) => rank !== right[index]);
  return at !== -1 && (left[at] ?? 0) > (right[at] ?? 0);
}

function ranks({ manifest, base }: ReadManifest): number[] {
  const { digest, sealed, created } = manifest;
  return [digest?.revision ?? -1, sealed ? 1 : 0, base?.revision ?? -1, parseTime(created) ?? 0];
}
