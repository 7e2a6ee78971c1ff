/**
 * Tokens after a restore to an older point: what was taken from them since is taken again. Promise: a token
 * that the bucket knows to be revoked, rotated or shortened later is so in the restored store before anybody
 * can use it; what is not known is counted, and objects that could not be read are named.
 */

import type { Bucket } from "../../bucket/bucket.ts";
import { BucketFault } from "../../bucket/bucket.ts";
import { textOf } from "../../bucket/bytes.ts";
import { type ChangeLine, parseAuthChanges, parseBaseChange } from "../../snapshot/lines.ts";
import {
  type Reading,
  type ReadManifest,
  readableManifest,
  readBaseIndex,
  readPart,
  readSegment,
  required,
} from "../../snapshot/read.ts";
import type { LineageTop } from "../histories/branches.ts";

/** How many manifests are tried when the newest cannot be read. */
const TRIED_MAX = 3;

export interface LaterTokens {
  /** Key in `_auth` → the newest document after the revision, as JSON text. */
  readonly documents: ReadonlyMap<string, string>;
  /** Up to here every change of a token is known. */
  readonly knownTo: number;
  readonly unread: readonly string[];
}

interface Gathered {
  readonly documents: Map<string, { revision: number; json: string }>;
  readonly unread: string[];
  knownTo: number;
}

/** Reads what happened to tokens after the revision, in the lineage and in those restored from it. */
export async function readLaterTokens(
  bucket: Bucket,
  { lineage, revision }: { lineage: string; revision: number },
  tops: readonly LineageTop[],
  reading: Reading,
): Promise<LaterTokens> {
  const gathered: Gathered = { documents: new Map(), unread: [], knownTo: revision };
  for (const top of tops) {
    if (top.revision <= revision) continue;
    const newest = await newestReadable(bucket, top, reading, gathered);
    if (newest === undefined || !newest.manifest.ancestry.some((one) => one.lineage === lineage)) continue;
    await gather(bucket, newest, revision, reading, gathered);
  }
  const documents = new Map([...gathered.documents].map(([key, { json }]) => [key, json]));
  return { documents, knownTo: gathered.knownTo, unread: gathered.unread };
}

async function newestReadable(
  bucket: Bucket,
  top: LineageTop,
  reading: Reading,
  { unread }: Gathered,
): Promise<ReadManifest | undefined> {
  for (const name of top.names.slice(0, TRIED_MAX)) {
    const read = await readableManifest(bucket, name, reading);
    if (read !== undefined) return read;
    unread.push(name);
  }
  return undefined;
}

async function gather(
  bucket: Bucket,
  { manifest, base, segments }: ReadManifest,
  after: number,
  reading: Reading,
  gathered: Gathered,
): Promise<void> {
  const before = gathered.unread.length;
  if (base !== undefined && base.revision > after) {
    await tolerantly(gathered, base.name, async () => {
      const index = await readBaseIndex(bucket, base, manifest.ancestry, reading);
      for (const [at, part] of index.parts.entries()) {
        if (part.kind !== "auth") continue;
        await tolerantly(gathered, part.name, async () => {
          const lines = await readPart(bucket, index, part, at + 1, reading);
          lines.forEach((line, number) => {
            const change = required(parseBaseChange(line), part.name, number);
            note(gathered, change, change.revision, after);
          });
        });
      }
    });
  }
  for (const { auth } of segments) {
    if (auth === undefined || auth.revision <= after) continue;
    await tolerantly(gathered, auth.name, async () => {
      const lines = await readSegment(bucket, manifest.lineage, auth, null, reading);
      lines.forEach((line, number) => {
        const { revision, changes } = required(parseAuthChanges(line), auth.name, number);
        for (const change of changes) note(gathered, change, revision, after);
      });
    });
  }
  if (gathered.unread.length === before) gathered.knownTo = Math.max(gathered.knownTo, manifest.revision);
}

/** An object that a later point needs and this one does not: damage there is named, and stops nothing. */
async function tolerantly(gathered: Gathered, name: string, work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    if (!(error instanceof BucketFault) || error.code === "bucket_unavailable") throw error;
    gathered.unread.push(name);
  }
}

function note({ documents }: Gathered, change: ChangeLine, revision: number, after: number): void {
  if (revision <= after || change.op !== "put" || change.value === null) return;
  const known = documents.get(change.key);
  const json = textOf(change.value);
  if (json !== undefined && (known === undefined || known.revision < revision))
    documents.set(change.key, { revision, json });
}
