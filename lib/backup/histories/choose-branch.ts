/**
 * Which of a bucket's histories a restore means: the one that is named, or the newest where that is not in doubt.
 * Promise: where two are equally good it is refused with their names, and a newest manifest that is damaged or
 * gone is named together with the next one that could be used.
 */

import { type Bucket, BucketFault, damaged, isDamage } from "../../bucket/bucket.ts";
import { accept, type Outcome, refuse } from "../../core/refusal.ts";
import { readHeads } from "../../snapshot/heads.ts";
import { parseManifestName } from "../../snapshot/names.ts";
import {
  type Reading,
  type ReadManifest,
  readableManifest,
  readBaseIndex,
  readManifest,
} from "../../snapshot/read.ts";
import { branchOf, type LineageTop, otherTips } from "./branches.ts";

export type FindRefusal =
  | "not_found"
  | "revision_unknown"
  | "revision_lost"
  | "compacted"
  | "fork"
  | "bad_parameter";

export type FoundOutcome<T> = Outcome<T, FindRefusal>;

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
  reading: Reading,
): Promise<FoundOutcome<Branched>> {
  const [first, ...others] = tops;
  if (first === undefined) return refuse("not_found", "The bucket holds no snapshot under this prefix.");
  if (branch !== undefined) return namedBranch(bucket, tops, branch, reading);
  const rivals = others.filter(({ epoch }) => epoch === first.epoch);
  if (rivals.length > 0) {
    const names = [first, ...rivals].map((top) => shown(top.names[0] ?? "", false));
    return refuse(
      "fork",
      `Two histories went on in epoch ${first.epoch}. Name one with branch: ${names.join(", ")}.`,
    );
  }
  const lost = (await readHeads(bucket)).find(({ revision }) => revision > first.revision);
  if (lost !== undefined) return withOlder(bucket, first.names, missing(lost.manifest.name), reading);
  return newestOf(bucket, first, reading);
}

/** A manifest is written before the head that names it, so a newer head means that the manifest was lost. */
function missing(manifest: string): BucketFault {
  return damaged(manifest, "a head names it, and it is missing");
}

async function namedBranch(
  bucket: Bucket,
  tops: readonly LineageTop[],
  branch: string,
  reading: Reading,
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
    if (lost !== undefined) return withOlder(bucket, top.names, missing(lost.manifest.name), reading);
    return newestOf(bucket, top, reading);
  }
  const name = top.names.find((one) => parseManifestName(one)?.run.startsWith(run));
  if (name === undefined) return refuse("not_found", `Lineage ${lineage} has no manifest of the run ${run}.`);
  return accept({ newest: await readManifest(bucket, name, undefined, reading), top, named: true });
}

/** The newest manifest of a lineage, once nothing shows that it holds a second chain. */
export async function newestOf(
  bucket: Bucket,
  top: LineageTop,
  reading: Reading,
): Promise<FoundOutcome<Branched>> {
  const names = top.names.filter((name) => parseManifestName(name)?.revision === top.revision);
  const newest = await bestOf(bucket, names, reading).catch((error: unknown) =>
    withOlder(bucket, top.names, error, reading),
  );
  const others = await otherTips(bucket, newest, top.names, reading);
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

/** Says which older manifest could be used instead. Always throws. */
async function withOlder(
  bucket: Bucket,
  names: readonly string[],
  error: unknown,
  reading: Reading,
): Promise<never> {
  if (!isDamage(error)) throw error;
  const older = await findOlder(bucket, names, error.object, reading);
  if (older === undefined) throw error;
  const detail = `${error.detail}; the next snapshot is ${older.branch} (revision ${older.revision})`;
  throw new BucketFault(error.code, error.object, detail, { cause: error });
}

/** The newest manifest behind `damaged` that can be read and does not name it. */
export async function findOlder(
  bucket: Bucket,
  names: readonly string[],
  damagedObject: string,
  reading: Reading = {},
): Promise<{ branch: string; revision: number } | undefined> {
  const at = names.indexOf(damagedObject);
  for (const name of names.slice(at + 1, at + 201)) {
    if (name === damagedObject) continue;
    const read = await readableManifest(bucket, name, reading);
    if (read === undefined || (await needs(bucket, read, damagedObject, reading))) continue;
    const { branch, revision } = branchOf(name, true);
    return { branch, revision };
  }
  return undefined;
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
 * Of manifests at one revision: the one with the newest digest, and of those the one that seals the store, which says
 * that the life goes on elsewhere. They hold the same state, or are a fork. One that cannot be read, torn when its exporter died, matters only where there is no other.
 */
export async function bestOf(
  bucket: Bucket,
  names: readonly string[],
  reading: Reading,
): Promise<ReadManifest> {
  let best: ReadManifest | undefined;
  let torn: BucketFault | undefined;
  for (const name of names) {
    try {
      const read = await readManifest(bucket, name, undefined, reading);
      if (best === undefined || isBetter(read, best)) best = read;
    } catch (error) {
      if (!isDamage(error)) throw error;
      torn ??= error;
    }
  }
  if (best !== undefined) return best;
  throw torn ?? new Error("there is no manifest to choose from");
}

function isBetter(one: ReadManifest, other: ReadManifest): boolean {
  const newer = digestRevision(one) - digestRevision(other);
  return newer > 0 || (newer === 0 && one.manifest.sealed && !other.manifest.sealed);
}

function digestRevision({ manifest }: ReadManifest): number {
  return manifest.digest?.revision ?? -1;
}
