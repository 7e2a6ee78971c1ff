/**
 * Which manifest of a history holds a revision: the lowest one whose replay comes by it, or one whose base keeps
 * enough history from before itself. Promise: a revision that was never part of the history, or is no longer
 * kept, is refused as what it is.
 */

import type { Bucket, BucketFault } from "../../bucket/bucket.ts";
import { accept, refuse } from "../../core/refusal.ts";
import { parseManifestName } from "../../snapshot/names.ts";
import { type Reading, type ReadManifest, readableManifest, readIndex } from "../../snapshot/read.ts";
import { type LineageTop, listManifests } from "../histories/branches.ts";
import {
  type Branched,
  bestRead,
  type FoundOutcome,
  newestOf,
  readUsable,
  type Searching,
} from "../histories/choose-branch.ts";

/** A manifest of the branch that holds the revision. */
export async function findHolder(
  bucket: Bucket,
  branched: Branched,
  revision: number,
  { tops, searching }: { tops: readonly LineageTop[]; searching: Searching },
): Promise<FoundOutcome<ReadManifest>> {
  const { newest, named } = branched;
  if (revision === newest.manifest.revision) return accept(newest);
  const owner = ownerOf(newest, revision);
  if (!owner.ok) return owner;
  if (named) return inChain(bucket, newest, revision, searching);
  if (owner.value !== newest.manifest.lineage) {
    const top = tops.find(({ lineage }) => lineage === owner.value);
    if (top === undefined) return inHistory(bucket, newest, revision, searching);
    // The ancestor's own second chain would make the number mean two things.
    const forked = await newestOf(bucket, top, searching);
    if (!forked.ok) return forked;
  }
  let fault: BucketFault | undefined;
  let lowest: ReadManifest | undefined;
  for (const names of await namesFrom(bucket, owner.value, revision)) {
    const { usable, damage } = await readUsable(bucket, names, searching);
    fault ??= damage;
    lowest ??= bestRead(usable);
    const best = bestRead(usable.filter(({ base }) => (base?.revision ?? 0) <= revision));
    if (best !== undefined) return accept(best);
  }
  const kept = await inHistory(bucket, lowest ?? newest, revision, searching);
  const found = kept.ok ? kept : await inHistory(bucket, newest, revision, searching);
  // What is damaged might have held it: that is not the same as a history that is no longer kept.
  if (!found.ok && fault !== undefined) throw fault;
  return found;
}

/** Back along the parents of a named manifest, as far as they are kept. */
async function inChain(
  bucket: Bucket,
  newest: ReadManifest,
  revision: number,
  reading: Reading,
): Promise<FoundOutcome<ReadManifest>> {
  for (let at: ReadManifest | undefined = newest; at !== undefined; ) {
    if ((at.base?.revision ?? 0) <= revision) return accept(at);
    at = await readParent(bucket, at, reading);
    if (at !== undefined && at.manifest.revision < revision) break;
  }
  return inHistory(bucket, newest, revision, reading);
}

/** The parent as it was named; undefined when it was pruned or cannot be read. */
export async function readParent(
  bucket: Bucket,
  { manifest }: ReadManifest,
  reading: Reading,
): Promise<ReadManifest | undefined> {
  if (manifest.parent === null) return undefined;
  return readableManifest(bucket, manifest.parent.name, reading, manifest.parent.sha256);
}

/** A base keeps history from before it: enough for a revision that no namespace has compacted away. */
async function inHistory(
  bucket: Bucket,
  read: ReadManifest,
  revision: number,
  reading: Reading,
): Promise<FoundOutcome<ReadManifest>> {
  const index = await readIndex(bucket, read, reading);
  if (index === undefined) return accept(read);
  const oldest = Math.max(0, ...index.usage.map(({ compacted }) => compacted));
  if (revision >= oldest) return accept(read);
  return refuse("compacted", `The bucket holds history from revision ${oldest} on.`, { members: { oldest } });
}

/** The lineage of the ancestry whose history `revision` belongs to. */
function ownerOf({ manifest }: ReadManifest, revision: number): FoundOutcome<string> {
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
  for (const name of await listManifests(bucket, lineage)) {
    const at = parseManifestName(name)?.revision ?? 0;
    if (at >= revision) byRevision.set(at, [...(byRevision.get(at) ?? []), name]);
  }
  return [...byRevision].sort(([left], [right]) => left - right).map(([, names]) => names);
}
