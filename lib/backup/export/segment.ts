/**
 * A segment: the commits of a range, in order, as one gzip object, and what they did to tokens in another.
 * Promise: made from rows that never change, so made again it holds the same lines.
 */

import { concat, gzip, sha256Hex, toBase64, utf8 } from "../../bucket/bytes.ts";
import type { Cipher } from "../../snapshot/cipher.ts";
import { authSegmentName, segmentName } from "../../snapshot/names.ts";
import { type SegmentHeader, type SegmentObject, SNAPSHOT_FORMAT } from "../../snapshot/schemas.ts";
import {
  listCommitJson,
  listRawChanges,
  type RawChange,
  readAuthSegmentText,
  readRangeFacts,
  readSegmentText,
} from "../../store/documents/export-pages.ts";
import type { Db } from "../../store/sqlite/driver.ts";
import { StoreFault } from "../../store/sqlite/driver.ts";
import { encrypted } from "./run.ts";

export interface MadeObject<T> {
  readonly object: T;
  readonly bytes: Uint8Array<ArrayBuffer>;
}

export interface SegmentRange {
  readonly lineage: string;
  readonly run: string;
  readonly after: number;
  readonly revision: number;
  readonly commits: number;
  readonly previous: string | null;
  readonly cipher?: Cipher | undefined;
}

/** The objects of a range: the tokens' first, where there are any, then the segment that names its hash. */
export async function makeSegment(db: Db, range: SegmentRange): Promise<MadeObject<SegmentObject>[]> {
  const pages = { after: range.after, upTo: range.revision };
  const facts = readRangeFacts(db, pages);
  const made: MadeObject<SegmentObject>[] = [];
  if (facts.auth) {
    const lines = liveLines(db, "auth", pages, facts.authBinary);
    made.push(
      await makeObject(range, { kind: "auth", lines, previous: null, auth: null, namespaces: ["_auth"] }),
    );
  }
  const lines = liveLines(db, "segment", pages, facts.binary);
  const { previous } = range;
  const auth = made[0]?.object.sha256 ?? null;
  const { namespaces } = facts;
  made.push(await makeObject(range, { kind: "segment", lines, previous, auth, namespaces }));
  return made;
}

/** The lines, without the header, that an object of a range holds: what a proof finds in the live store. */
export function readLiveLines(
  db: Db,
  { kind, after, revision }: { kind: SegmentObject["kind"]; after: number; revision: number },
): Uint8Array {
  const pages = { after, upTo: revision };
  const facts = readRangeFacts(db, pages);
  if (kind === "auth" && !facts.auth) return new Uint8Array(0);
  return liveLines(db, kind, pages, kind === "auth" ? facts.authBinary : facts.binary);
}

function liveLines(
  db: Db,
  kind: SegmentObject["kind"],
  pages: { after: number; upTo: number },
  binary: boolean,
): Uint8Array {
  const slow = () => (kind === "auth" ? authLines(db, pages) : segmentLines(db, pages));
  const fast = () => (kind === "auth" ? readAuthSegmentText(db, pages) : readSegmentText(db, pages));
  return binary ? utf8(slow()) : fastOrSlow(fast, slow);
}

/** A server may refuse the one big text of the fast way; the slow way moves the same as smaller values. */
export function fastOrSlow(fast: () => Uint8Array, slow: () => string): Uint8Array {
  try {
    return fast();
  } catch (error) {
    if (error instanceof StoreFault && /too (big|large)/i.test(error.text)) return utf8(slow());
    throw error;
  }
}

interface Content {
  readonly kind: SegmentObject["kind"];
  readonly lines: Uint8Array;
  readonly previous: string | null;
  readonly auth: string | null;
  readonly namespaces: string[];
}

async function makeObject(range: SegmentRange, content: Content): Promise<MadeObject<SegmentObject>> {
  const { kind, lines, previous, auth, namespaces } = content;
  const { lineage, run, after, revision } = range;
  const header: SegmentHeader = {
    format: SNAPSHOT_FORMAT,
    kind,
    lineage,
    run,
    after,
    revision,
    previous,
    auth,
  };
  const raw = concat([utf8(`${JSON.stringify(header)}\n`), lines, utf8("\n")]);
  const name = kind === "auth" ? authSegmentName(range) : segmentName(range);
  const { bytes, key } = encrypted(range.cipher, name, await gzip(raw));
  const object: SegmentObject = {
    kind,
    name,
    sizeBytes: bytes.length,
    rawBytes: raw.length,
    sha256: await sha256Hex(bytes),
    after,
    revision,
    commits: range.commits,
    previous,
    namespaces,
    ...key,
  };
  return { object, bytes };
}

function segmentLines(db: Db, pages: { after: number; upTo: number }): string {
  const changes = changesByRevision(listRawChanges(db, { ...pages, auth: false }));
  return listCommitJson(db, pages)
    .map(
      ({ revision, json }) => `${json.slice(0, -1)},"changes":[${(changes.get(revision) ?? []).join(",")}]}`,
    )
    .join("\n");
}

function authLines(db: Db, pages: { after: number; upTo: number }): string {
  const changes = changesByRevision(listRawChanges(db, { ...pages, auth: true }));
  return [...changes]
    .map(([revision, list]) => `{"revision":${revision},"changes":[${list.join(",")}]}`)
    .join("\n");
}

function changesByRevision(changes: readonly RawChange[]): Map<number, string[]> {
  const byRevision = new Map<number, string[]>();
  for (const change of changes) {
    const list = byRevision.get(change.revision);
    if (list === undefined) byRevision.set(change.revision, [changeJson(change)]);
    else list.push(changeJson(change));
  }
  return byRevision;
}

function changeJson({ json, namespace, key, mediaType, value }: RawChange): string {
  if (json !== null) return json;
  return JSON.stringify({
    op: "put",
    namespace,
    key,
    mediaType,
    base64: toBase64(value ?? new Uint8Array(0)),
  });
}
