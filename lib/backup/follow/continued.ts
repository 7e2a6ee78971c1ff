/**
 * Whether a manifest goes on from what was read before. Two stores may write under one lineage (a copied file), and a newer
 * base of the one hides the other from the look for second chains. Promise: a replica of one is never gone on with from
 * the other. Usually the last object that was read before is still named; else the commit that stood there is compared.
 */

import type { Bucket } from "../../bucket/bucket.ts";
import { parseCommit, parseCommitWithChanges } from "../../snapshot/lines.ts";
import {
  type Reading,
  type ReadManifest,
  readIndex,
  readPart,
  readSegment,
  required,
} from "../../snapshot/read.ts";
import type { KnownManifest } from "./known.ts";
import { isShared } from "./places.ts";
import { SourceRefused } from "./refused.ts";

/** Throws SourceRefused `fork`, and BucketFault. A place that the two do not share is for others to judge. */
export type RequireContinued = (read: ReadManifest, known: KnownManifest | undefined) => Promise<void>;

/** Compares each manifest once: what is known later was compared before it was known. */
export function openContinuity(bucket: Bucket, reading: Reading): RequireContinued {
  const compared = new WeakMap<ReadManifest, SourceRefused | undefined>();
  const compare = async (read: ReadManifest, known: KnownManifest) => {
    const { objects, revision, ancestry } = read.manifest;
    if (objects.some(({ sha256 }) => sha256 === known.object)) return undefined;
    if (known.revision > revision || !isShared(ancestry, known)) return undefined;
    const id = await findCommitId(bucket, read, known.revision, reading);
    return id === known.tip ? undefined : forked(read, known);
  };
  return async (read, known) => {
    if (known === undefined) return;
    if (!compared.has(read)) compared.set(read, await compare(read, known));
    const refused = compared.get(read);
    if (refused !== undefined) throw refused;
  };
}

function forked({ name }: ReadManifest, { lineage, revision }: KnownManifest): SourceRefused {
  return new SourceRefused(
    "fork",
    `Two stores have written into lineage ${lineage.slice(0, 8)}: ${name} has another commit ${revision} than was read before. Name one of them as the branch, and begin with a snapshot.`,
  );
}

/** The id of the commit at a revision; undefined where the snapshot has none. */
async function findCommitId(
  bucket: Bucket,
  read: ReadManifest,
  revision: number,
  reading: Reading,
): Promise<string | undefined> {
  const { manifest, base, segments } = read;
  if (revision === manifest.revision) return manifest.tip;
  const holder = segments.find(({ segment }) => segment.after < revision && revision <= segment.revision);
  if (holder !== undefined) {
    const { segment, auth } = holder;
    const lines = await readSegment(bucket, manifest.lineage, segment, auth?.sha256 ?? null, reading);
    const commits = lines.map((line, at) => required(parseCommitWithChanges(line), segment.name, at).commit);
    return commits.find((commit) => commit.revision === revision)?.id;
  }
  const index = base === undefined ? undefined : await readIndex(bucket, read, reading);
  if (index?.revision === revision) return index.tip;
  for (const [at, part] of (index?.parts ?? []).entries()) {
    if (index === undefined || part.kind !== "commits") continue;
    const lines = await readPart(bucket, index, part, at + 1, reading);
    const commits = lines.map((line, number) => required(parseCommit(line), part.name, number));
    const found = commits.find((commit) => commit.revision === revision);
    if (found !== undefined) return found.id;
  }
  return undefined;
}
