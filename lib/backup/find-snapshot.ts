/**
 * Which snapshot a restore begins with: the newest of all lineages, a named branch, or one that holds a named
 * revision or moment of its history. Promise: nothing is guessed; where two histories are equally good it is
 * refused with their names, and what the bucket does not hold is refused with what it does.
 */
import { accept, type Outcome, refuse } from "../core/refusal.ts";
import { formatTime } from "../core/time.ts";
import { branchOf, type LineageTop, listTops, otherTips, readableManifest, readHeads } from "./branches.ts";
import { type Bucket, BucketFault, damaged, listAll } from "./bucket.ts";
import { findRevisionAt } from "./find-time.ts";
import { EPOCHS, manifestsPrefix, parseEpochName, parseManifestName } from "./names.ts";
import { type Reading, type ReadManifest, readBaseIndex, readManifest } from "./read-snapshot.ts";

/** Higher ones would leave no revision below 2^53; a head that says so is wrong. */
const EPOCHS_MAX = 8192;

/** What is asked for; at most one of `revision` and `timeMs`. Nothing: the newest. */
export interface Wanted {
  readonly revision?: number | undefined;
  /** The last commit at or before this moment. */
  readonly timeMs?: number | undefined;
  /** A lineage's first digits (at least 8), with `@` and a run's where one lineage holds two chains. */
  readonly branch?: string | undefined;
}

export interface OtherBranch {
  readonly branch: string;
  readonly epoch: number;
  readonly revision: number;
}

export interface FoundSnapshot {
  readonly snapshot: ReadManifest;
  /** The revision to restore to, at or below the manifest's, and perhaps below that of its base. */
  readonly revision: number;
  /** The newest revision of the branch. */
  readonly newestRevision: number;
  /** What else the bucket holds. */
  readonly others: readonly OtherBranch[];
}

export type FindRefusal =
  | "not_found"
  | "revision_unknown"
  | "revision_lost"
  | "compacted"
  | "fork"
  | "bad_parameter";

type Found<T> = Outcome<T, FindRefusal>;

interface Branched {
  readonly newest: ReadManifest;
  readonly top: LineageTop;
  /** A run was named: only its own parents are this history. */
  readonly named: boolean;
}

/** Finds the snapshot. Throws BucketFault, `snapshot_damaged` included. */
export async function findSnapshot(
  bucket: Bucket,
  wanted: Wanted = {},
  reading: Reading = {},
): Promise<Found<FoundSnapshot>> {
  const tops = await listTops(bucket);
  const branched = await chooseBranch(bucket, tops, wanted.branch, reading);
  if (!branched.ok) return branched;
  const { newest } = branched.value;
  const revision =
    wanted.timeMs === undefined
      ? accept(wanted.revision ?? newest.manifest.revision)
      : await atTime(bucket, newest, wanted.timeMs, reading);
  if (!revision.ok) return revision;
  const snapshot = await holder(bucket, branched.value, revision.value, { tops, reading });
  if (!snapshot.ok) return snapshot;
  return accept({
    snapshot: snapshot.value,
    revision: revision.value,
    newestRevision: newest.manifest.revision,
    others: tops
      .filter(({ lineage }) => lineage !== newest.manifest.lineage)
      .map((top) => {
        const { branch, epoch, revision } = branchOf(top.names[0] ?? "", false);
        return { branch, epoch, revision };
      }),
  });
}

/** The newest manifest of the branch that is named, or of the newest one if that is not in doubt. */
async function chooseBranch(
  bucket: Bucket,
  tops: readonly LineageTop[],
  branch: string | undefined,
  reading: Reading,
): Promise<Found<Branched>> {
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
): Promise<Found<Branched>> {
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
  const names = await listAll(bucket, manifestsPrefix(top.lineage));
  const name = names.find((one) => parseManifestName(one)?.run.startsWith(run));
  if (name === undefined) return refuse("not_found", `Lineage ${lineage} has no manifest of the run ${run}.`);
  return accept({ newest: await readManifest(bucket, name, undefined, reading), top, named: true });
}

/** The newest manifest of a lineage, once nothing shows that it holds a second chain. */
async function newestOf(bucket: Bucket, top: LineageTop, reading: Reading): Promise<Found<Branched>> {
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
  if (!(error instanceof BucketFault) || error.code !== "snapshot_damaged") throw error;
  const older = await findOlder(bucket, names, error.object, reading);
  if (older === undefined) throw error;
  const detail = `${error.detail}; the next older snapshot is ${older.branch} (revision ${older.revision})`;
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

/** Of manifests at one revision: the one with the newest digest. They hold the same state, or are a fork. */
async function bestOf(bucket: Bucket, names: readonly string[], reading: Reading): Promise<ReadManifest> {
  let best: ReadManifest | undefined;
  for (const name of names) {
    const read = await readManifest(bucket, name, undefined, reading);
    if (best === undefined || digestRevision(read) > digestRevision(best)) best = read;
  }
  if (best === undefined) throw new Error("there is no manifest to choose from");
  return best;
}

function digestRevision({ manifest }: ReadManifest): number {
  return manifest.digest?.revision ?? -1;
}

async function atTime(
  bucket: Bucket,
  newest: ReadManifest,
  timeMs: number,
  reading: Reading,
): Promise<Found<number>> {
  const { revision, firstMs } = await findRevisionAt(bucket, newest, timeMs, reading);
  if (revision !== undefined) return accept(revision);
  const first = firstMs === undefined ? "nothing" : `a commit of ${formatTime(firstMs)}`;
  return refuse("not_found", `There is no commit at or before that time: the history begins with ${first}.`);
}

/** A manifest of the branch that holds the revision. */
async function holder(
  bucket: Bucket,
  branched: Branched,
  revision: number,
  { tops, reading }: { tops: readonly LineageTop[]; reading: Reading },
): Promise<Found<ReadManifest>> {
  const { newest, named } = branched;
  if (revision === newest.manifest.revision) return accept(newest);
  const owner = ownerOf(newest, revision);
  if (!owner.ok) return owner;
  if (named) return inChain(bucket, newest, revision, reading);
  if (owner.value !== newest.manifest.lineage) {
    const top = tops.find(({ lineage }) => lineage === owner.value);
    if (top === undefined) return inHistory(bucket, newest, revision, reading);
    // The ancestor's own second chain would make the number mean two things.
    const forked = await newestOf(bucket, top, reading);
    if (!forked.ok) return forked;
  }
  const candidates = await namesFrom(bucket, owner.value, revision);
  for (const names of candidates) {
    const fitting: string[] = [];
    for (const name of names) {
      const { base } = await readManifest(bucket, name, undefined, reading);
      if ((base?.revision ?? 0) <= revision) fitting.push(name);
    }
    if (fitting.length > 0) return accept(await bestOf(bucket, fitting, reading));
  }
  const lowest = candidates[0];
  const read = lowest === undefined ? newest : await bestOf(bucket, lowest, reading);
  const kept = await inHistory(bucket, read, revision, reading);
  return kept.ok || read === newest ? kept : inHistory(bucket, newest, revision, reading);
}

/** Back along the parents of a named manifest, as far as they are kept. */
async function inChain(
  bucket: Bucket,
  newest: ReadManifest,
  revision: number,
  reading: Reading,
): Promise<Found<ReadManifest>> {
  for (let at: ReadManifest | undefined = newest; at !== undefined; ) {
    if ((at.base?.revision ?? 0) <= revision) return accept(at);
    at = await parentOf(bucket, at, reading);
    if (at !== undefined && at.manifest.revision < revision) break;
  }
  return inHistory(bucket, newest, revision, reading);
}

/** The parent as it was named; undefined when it was pruned or cannot be read. */
export async function parentOf(
  bucket: Bucket,
  { manifest }: ReadManifest,
  reading: Reading,
): Promise<ReadManifest | undefined> {
  if (manifest.parent === null) return undefined;
  const read = await readableManifest(bucket, manifest.parent.name, reading);
  return read?.sha256 === manifest.parent.sha256 ? read : undefined;
}

/** A base keeps history from before it: enough for a revision that no namespace has compacted away. */
async function inHistory(
  bucket: Bucket,
  read: ReadManifest,
  revision: number,
  reading: Reading,
): Promise<Found<ReadManifest>> {
  if (read.base === undefined) return accept(read);
  const index = await readBaseIndex(bucket, read.base, read.manifest.ancestry, reading);
  const oldest = Math.max(0, ...index.usage.map(({ compacted }) => compacted));
  if (revision >= oldest) return accept(read);
  return refuse("compacted", `The bucket holds history from revision ${oldest} on.`, { members: { oldest } });
}

/** The lineage of the ancestry whose history `revision` belongs to. */
function ownerOf({ manifest }: ReadManifest, revision: number): Found<string> {
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

/** Names of manifests at or above the revision, those of one revision together, the lowest first. */
async function namesFrom(bucket: Bucket, lineage: string, revision: number): Promise<string[][]> {
  const byRevision = new Map<number, string[]>();
  for (const name of await namesDownTo(bucket, lineage, revision)) {
    const at = parseManifestName(name)?.revision ?? 0;
    if (at >= revision) byRevision.set(at, [...(byRevision.get(at) ?? []), name]);
  }
  return [...byRevision].sort(([left], [right]) => left - right).map(([, names]) => names);
}

/** Names of manifests, newest first, until one below the revision. */
async function namesDownTo(bucket: Bucket, lineage: string, revision: number): Promise<string[]> {
  const names: string[] = [];
  for (let after: string | undefined; ; ) {
    const page = await bucket.list(manifestsPrefix(lineage), after);
    names.push(...page.names.filter((name) => parseManifestName(name) !== undefined));
    after = page.names.at(-1);
    const reached = after === undefined ? 0 : (parseManifestName(after)?.revision ?? revision);
    if (!page.more || after === undefined || reached < revision) return names;
  }
}

/** The highest epoch that anything in the bucket speaks of; an unreadable head counts for nothing. */
export async function findHighestEpoch(bucket: Bucket, tops: readonly LineageTop[]): Promise<number> {
  let highest = Math.max(0, ...tops.map(({ epoch }) => epoch));
  for (const name of await listAll(bucket, EPOCHS))
    highest = Math.max(highest, parseEpochName(name)?.epoch ?? 0);
  for (const { epoch } of await readHeads(bucket)) if (epoch < EPOCHS_MAX) highest = Math.max(highest, epoch);
  return highest;
}
