/**
 * Which manifest is the newest that can be taken, by the rules of a restore (lib/backup/histories). A restore asks a
 * person where the newest is damaged or gone; who follows takes the next older one by itself, says so, and comes
 * back to the newest as soon as it can be read.
 */
import { type Bucket, type BucketFault, isDamage } from "../../bucket/bucket.ts";
import { parseManifestName } from "../../snapshot/names.ts";
import { type Reading, type ReadManifest, readableManifest } from "../../snapshot/read.ts";
import { type LineageTop, listTops } from "../histories/branches.ts";
import {
  type Branched,
  chooseBranch,
  type FoundOutcome,
  newestOf,
  OnlyOlder,
} from "../histories/choose-branch.ts";
import { SourceRefused } from "./refused.ts";

export interface Choosing {
  readonly bucket: Bucket;
  readonly reading: Reading;
  /** Which history, as `restore --branch` takes it, and what later epochs have come from it. */
  readonly branch?: string | undefined;
  /** Told of each object because of which something older was taken. */
  onDamage?(fault: BucketFault): void;
}

/** The manifest that is followed, and what the bucket showed when it was chosen. */
export interface Chosen {
  readonly read: ReadManifest;
  /** It was taken by name: other chains of its lineage were not looked for. */
  readonly named: boolean;
  /** All manifests of its lineage. */
  readonly names: ReadonlySet<string>;
  /** All lineages that have a manifest. */
  readonly lineages: ReadonlySet<string>;
}

/**
 * The newest manifest of all histories that needs none of the objects that are known to be damaged. Throws SourceRefused
 * (`not_found`, `fork`) and BucketFault.
 */
export async function chooseNewest(choosing: Choosing, damage: readonly BucketFault[] = []): Promise<Chosen> {
  const { bucket, reading, branch } = choosing;
  const searching = { ...reading, damage };
  const tops = await listTops(bucket);
  const trusted = reading.trust === undefined ? tops : await trustedTops(bucket, tops, reading);
  const choose = (wanted?: string) =>
    orOlder(choosing, () => chooseBranch(bucket, trusted, wanted, searching), trusted, damage);
  const found = branch === undefined ? await choose() : await toldOrLater(choose, branch);
  if (!found.ok) throw new SourceRefused(found.code, found.detail);
  const { newest, top, named } = found.value;
  const whole = tops.find(({ lineage }) => lineage === top.lineage) ?? top;
  return {
    read: newest,
    named,
    names: new Set(whole.names),
    lineages: new Set(tops.map(({ lineage }) => lineage)),
  };
}

/** The history that was told, until a later epoch has come from it: whoever chose has meant that one, too. */
async function toldOrLater(
  choose: (wanted?: string) => Promise<FoundOutcome<Branched>>,
  branch: string,
): Promise<FoundOutcome<Branched>> {
  const told = await choose(branch);
  if (!told.ok) return told;
  const { lineage, epoch } = told.value.newest.manifest;
  const any = await choose();
  if (!any.ok) return told;
  const { manifest } = any.value.newest;
  const isLater = manifest.epoch > epoch && manifest.ancestry.some((life) => life.lineage === lineage);
  return isLater ? any : told;
}

/**
 * What is chosen; where only an older manifest can be used, that one. It is looked for by its revision: the run in a name
 * may have been copied from another.
 */
export async function orOlder(
  { bucket, reading, onDamage }: Choosing,
  choose: () => Promise<FoundOutcome<Branched>>,
  tops: readonly LineageTop[],
  damage: readonly BucketFault[] = [],
): Promise<FoundOutcome<Branched>> {
  try {
    return await choose();
  } catch (error) {
    if (!(error instanceof OnlyOlder)) throw error;
    const { branch, revision } = error.older;
    const top = tops.find(({ lineage }) => lineage.startsWith(branch.split("@")[0] ?? ""));
    if (top === undefined) throw error;
    const fault = isDamage(error.cause) ? error.cause : error;
    if (!damage.some(({ object }) => object === fault.object)) onDamage?.(fault);
    const names = top.names.filter((name) => revisionNamed(name) <= revision);
    return newestOf(bucket, { ...top, revision, names }, { ...reading, damage });
  }
}

/** So many of a lineage's newest names may be forged or damaged before the lineage counts as nobody's. */
const LOOKED_NAMES = 20;

/**
 * Lineages in which a trusted key has signed something. Names alone would do for a fork, so whoever can write to the
 * bucket could stop every edge with one object. Where none has, all: then the refusal is about what lies there.
 */
async function trustedTops(
  bucket: Bucket,
  tops: readonly LineageTop[],
  reading: Reading,
): Promise<readonly LineageTop[]> {
  // One lineage has no rival.
  if (tops.length < 2) return tops;
  const trusted: LineageTop[] = [];
  for (const top of tops) if (await isTrusted(bucket, top, reading)) trusted.push(top);
  return trusted.length === 0 ? tops : trusted;
}

async function isTrusted(bucket: Bucket, { names }: LineageTop, reading: Reading): Promise<boolean> {
  for (const name of names.slice(0, LOOKED_NAMES))
    if ((await readableManifest(bucket, name, reading)) !== undefined) return true;
  return false;
}

/** The revision that a manifest's name says. */
export function revisionNamed(manifest: string): number {
  return parseManifestName(manifest)?.revision ?? 0;
}
