/**
 * A base: everything the store keeps at a revision, in parts of at most 4 MiB: commits in order, then the
 * changes of every key in order, those of tokens in parts of their own, and an index that names the parts and
 * carries the digest of the state.
 * Promise: pinned to its revision, so it can be made part by part while commits go on.
 */

import { concat, gzip, sha256Hex, toBase64, utf8 } from "../../bucket/bytes.ts";
import type { Cipher } from "../../snapshot/cipher.ts";
import { DigestAt, StateDigest } from "../../snapshot/digest-schema.ts";
import { basePartName } from "../../snapshot/names.ts";
import { type BasePart, type PartHeader, SNAPSHOT_FORMAT } from "../../snapshot/schemas.ts";
import type { BaseProgress } from "../../store/catalogue/base.ts";
import {
  type EntryPlace,
  findDocumentsPage,
  listRawDocuments,
  type PageRange,
  type RawDocument,
  readCommitsPage,
  readDocumentsText,
} from "../../store/documents/export-pages.ts";
import type { Db } from "../../store/sqlite/driver.ts";
import { DIGEST_START, readDigest } from "../state-digest.ts";
import { encrypted } from "./run.ts";
import { fastOrSlow, type MadeObject } from "./segment.ts";

/** What a step of making a base gave: a part to write, or nothing because the phase was at its end. */
export interface BaseStep {
  readonly part: MadeObject<BasePart> | undefined;
  readonly progress: BaseProgress;
}

export function beginBase(place: { target: string; lineage: string; revision: number }): BaseProgress {
  return { ...place, phase: "commits", cursor: "0", parts: [], block: new Uint8Array(0) };
}

const START: EntryPlace = { namespace: "", key: "", revision: 0 };
/** What follows each phase that makes parts, and where it begins. */
const NEXT_PHASE = {
  commits: { phase: "documents", cursor: JSON.stringify(START) },
  documents: { phase: "auth", cursor: JSON.stringify(START) },
  auth: { phase: "digest", cursor: JSON.stringify(DIGEST_START.at) },
} as const;
type PartPhase = keyof typeof NEXT_PHASE;

/** A base whose next step is a part. */
export type BaseInParts = BaseProgress & { readonly phase: PartPhase };

export function isInParts(base: BaseProgress): base is BaseInParts {
  return base.phase in NEXT_PHASE;
}

/** Makes the next part. The caller writes it, and then keeps `progress`. */
export async function makeBasePart(
  db: Db,
  base: BaseInParts,
  { run, partBytes, cipher }: { run: string; partBytes: number; cipher: Cipher | undefined },
): Promise<BaseStep> {
  const page =
    base.phase === "commits" ? commitsPage(db, base, partBytes) : documentsPage(db, base, partBytes);
  if (page === undefined) {
    return { part: undefined, progress: { ...base, ...NEXT_PHASE[base.phase] } };
  }
  const part = await makePart(base, page, { run, cipher });
  const progress = { ...base, cursor: page.cursor, parts: [...base.parts, part.object] };
  return { part, progress };
}

/**
 * Goes on with the digest of the state at the base. Once it is whole it stands in the cursor, and what is left is the
 * index. `goesOn` is asked after each page.
 */
export async function digestBase(db: Db, base: BaseProgress, goesOn: () => boolean): Promise<BaseProgress> {
  const from = { at: DigestAt.parse(JSON.parse(base.cursor)), block: base.block };
  const read = await readDigest(db, { kind: "history", upTo: base.revision }, { from, goesOn });
  if (read.whole === undefined)
    return { ...base, cursor: JSON.stringify(read.putDown.at), block: read.putDown.block };
  return { ...base, phase: "index", cursor: JSON.stringify(read.whole), block: new Uint8Array(0) };
}

/** The digest of a base that has everything but its index. */
export function digestInMaking(base: BaseProgress): StateDigest {
  return StateDigest.parse(JSON.parse(base.cursor));
}

interface Page {
  readonly lines: Uint8Array;
  readonly count: number;
  readonly cursor: string;
  readonly namespaces: readonly string[];
  readonly first: EntryPlace | null;
  readonly last: EntryPlace | null;
}

function commitsPage(db: Db, base: BaseProgress, maxBytes: number): Page | undefined {
  const page = readCommitsPage(db, { after: Number(base.cursor), upTo: base.revision, maxBytes });
  if (page === undefined) return undefined;
  return {
    lines: page.text,
    count: page.lines,
    cursor: String(page.last),
    namespaces: [],
    first: null,
    last: null,
  };
}

function documentsPage(db: Db, base: BaseProgress, maxBytes: number): Page | undefined {
  const auth = base.phase === "auth";
  const page = findDocumentsPage(db, { after: parsePlace(base.cursor), upTo: base.revision, auth, maxBytes });
  if (page === undefined) return undefined;
  const range = { first: page.first, last: page.last, upTo: base.revision, auth };
  const slow = () => documentLines(db, range);
  const lines = page.binary ? utf8(slow()) : fastOrSlow(() => readDocumentsText(db, range), slow);
  const { first, last, namespaces } = page;
  return { lines, count: page.lines, cursor: JSON.stringify(last), namespaces, first, last };
}

/** The lines of a range of changes, made one by one, so that values which are not text may be among them. */
export function documentLines(db: Db, range: PageRange): string {
  return listRawDocuments(db, range).map(documentJson).join("\n");
}

async function makePart(
  base: BaseInParts,
  page: Page,
  { run, cipher }: { run: string; cipher: Cipher | undefined },
): Promise<MadeObject<BasePart>> {
  const kind = base.phase;
  const number = base.parts.length + 1;
  const { lineage, revision } = base;
  const header: PartHeader = {
    format: SNAPSHOT_FORMAT,
    kind: "part",
    part: kind,
    lineage,
    run,
    revision,
    number,
  };
  const raw = concat([utf8(`${JSON.stringify(header)}\n`), page.lines, utf8("\n")]);
  const name = basePartName({ lineage, revision, run }, number, kind === "auth");
  const { bytes, key } = encrypted(cipher, name, await gzip(raw));
  const object: BasePart = {
    kind,
    name,
    sizeBytes: bytes.length,
    rawBytes: raw.length,
    sha256: await sha256Hex(bytes),
    lines: page.count,
    namespaces: [...page.namespaces],
    first: page.first === null ? null : [page.first.namespace, page.first.key],
    last: page.last === null ? null : [page.last.namespace, page.last.key],
    ...key,
  };
  return { object, bytes };
}

function documentJson({
  json,
  namespace,
  key,
  revision,
  created,
  version,
  mediaType,
  value,
}: RawDocument): string {
  if (json !== null) return json;
  const ages = version === null ? {} : { created, version };
  const base64 = toBase64(value ?? new Uint8Array(0));
  return JSON.stringify({ namespace, key, revision, op: "put", ...ages, mediaType, base64 });
}

/** The cursor is our own row's; anything else in it is a bug. */
function parsePlace(cursor: string): EntryPlace {
  const place: unknown = JSON.parse(cursor);
  if (
    typeof place === "object" &&
    place !== null &&
    "namespace" in place &&
    "key" in place &&
    "revision" in place
  ) {
    return { namespace: String(place.namespace), key: String(place.key), revision: Number(place.revision) };
  }
  throw new Error("the base's cursor is not a place");
}
