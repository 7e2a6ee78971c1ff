/**
 * The scrub of history: old commits and changes of the live store, compared with what was exported of them. Proofs
 * compare states, which only the newest change of each key makes; an old row that was altered shows here alone.
 * Promise: it reads a little with each tick, goes on where it was put down, and tells of a fault as soon as it is found.
 *
 * What is read: the newest manifest's base and segments, the segments of each chain before it that still stands, and the
 * base of such a chain where no older one reaches it: what lies before it was exported in no segment that is left. A
 * newer base would not tell, for it was made from the rows as they were by then.
 */
import { type Bucket, isDamage } from "../../bucket/bucket.ts";
import { isOver } from "../../core/span.ts";
import {
  type Reading,
  type ReadManifest,
  readableManifest,
  readIndex,
  readPart,
  readWholeSegment,
} from "../../snapshot/read.ts";
import { recordDamage } from "../../store/catalogue/damage.ts";
import {
  findHistoryScrub,
  type HistoryScrub,
  saveHistoryScrub,
  startHistoryScrub,
} from "../../store/catalogue/history.ts";
import { listPoints } from "../../store/catalogue/points.ts";
import { findManifestSha256 } from "../../store/catalogue/proof.ts";
import { readMarks } from "../../store/compaction/compaction.ts";
import type { Db } from "../../store/sqlite/driver.ts";
import type { StepContext } from "../export/limits.ts";
import type { BackupPolicy } from "../policy.ts";
import { agreeButCompacted } from "./kept-lines.ts";
import { livePartText, liveSegmentText, placeOf } from "./live-text.ts";

/** Unpacked; a tick reads no more of it once it has read this much. */
const TICK_BYTES = 33_554_432;

/** Whether there is anything to compare now. Asks the bucket nothing. */
export function isHistoryDue({ db, nowMs }: StepContext, { proofIntervalMs }: BackupPolicy): boolean {
  const scrub = findHistoryScrub(db);
  if (scrub === undefined) return false;
  return scrub.left.length > 0 || isOver({ sinceMs: scrub.restsMs, lengthMs: proofIntervalMs }, nowMs());
}

/**
 * Compares the next objects if it is time to, as far as the budget goes. Throws BucketFault where the bucket is silent
 * or refuses.
 */
export async function tendHistory(context: StepContext, policy: BackupPolicy): Promise<void> {
  const { db, catalogue, nowMs } = context;
  const scrub = findHistoryScrub(db);
  if (scrub === undefined) startHistoryScrub(catalogue, nowMs());
  else if (isHistoryDue(context, policy)) await scrubHistory(context, scrub);
}

async function scrubHistory(context: StepContext, begun: HistoryScrub): Promise<void> {
  const { catalogue, nowMs } = context;
  let scrub = begun;
  if (scrub.left.length === 0) scrub = { ...scrub, ...beginning(context) };
  for (let bytes = 0; scrub.left.length > 0 && bytes < TICK_BYTES && context.withinBudget(); ) {
    const step = await compareNext(context, scrub);
    bytes += step.bytes;
    scrub = step.scrub;
    if (step.damage !== undefined) recordDamage(catalogue, { object: step.damage, atMs: nowMs() });
    saveHistoryScrub(catalogue, scrub);
  }
  if (scrub.left.length > 0) return;
  const { faults, first } = scrub;
  const atMs = nowMs();
  saveHistoryScrub(catalogue, {
    ...scrub,
    restsMs: atMs,
    doneMs: atMs,
    doneFaults: faults,
    doneFirst: first,
  });
}

/** The newest manifest of each chain that stands, the newest first. */
function beginning({
  db,
  target,
  store,
}: StepContext): Pick<HistoryScrub, "left" | "at" | "newest" | "faults" | "first"> {
  const chains = new Map<number, string>();
  for (const { baseRevision, manifest, doomedMs } of listPoints(db, { target, lineage: store.lineage }))
    if (doomedMs === null && !chains.has(baseRevision ?? 0)) chains.set(baseRevision ?? 0, manifest);
  const left = [...chains.values()];
  return { left, at: 0, newest: left[0] ?? "", faults: 0, first: null };
}

interface Compared {
  readonly scrub: HistoryScrub;
  readonly bytes: number;
  /** The object that turned out to be damaged. */
  readonly damage?: string | undefined;
}

/** One object further; past a manifest's last one, or where it was pruned meanwhile, the next manifest. */
async function compareNext(context: StepContext, scrub: HistoryScrub): Promise<Compared> {
  const { db, bucket, keys } = context;
  const [name = "", ...others] = scrub.left;
  const read = await readableManifest(bucket, name, keys.reading, findManifestSha256(db, name));
  const object = read === undefined ? undefined : (await objectsOf(context, read, scrub.newest))[scrub.at];
  if (object === undefined) return { scrub: { ...scrub, left: others, at: 0 }, bytes: 0 };
  const { fault, damage } = await faultOf(object);
  const next = { ...scrub, at: scrub.at + 1 };
  return {
    scrub:
      fault === undefined
        ? next
        : { ...next, faults: scrub.faults + 1, first: scrub.first ?? fault.slice(0, 300) },
    bytes: object.rawBytes,
    damage,
  };
}

/** What the live store says otherwise than the object; undefined when nothing. An object that is damaged is a fault too. */
async function faultOf({
  isSame,
  words,
  name,
}: Comparable): Promise<{ fault: string | undefined; damage?: string }> {
  try {
    const differs = `${words} of the live store are not what was exported in ${name}`;
    return { fault: (await isSame()) ? undefined : differs };
  } catch (error) {
    if (isDamage(error)) return { fault: error.detail, damage: error.object };
    throw error;
  }
}

interface Comparable {
  readonly name: string;
  readonly rawBytes: number;
  readonly words: string;
  isSame(): Promise<boolean>;
}

interface Sources {
  readonly db: Db;
  readonly bucket: Bucket;
  readonly reading: Reading;
}

async function objectsOf(context: StepContext, read: ReadManifest, newest: string): Promise<Comparable[]> {
  const { db, bucket, keys } = context;
  const sources = { db, bucket, reading: keys.reading ?? {} };
  const wanted = read.name === newest || beginsHistory(context, read);
  return [...(wanted ? await partsOf(read, sources) : []), ...segmentsOf(read, sources)];
}

/** Whether no older chain that stands reaches the base. */
function beginsHistory({ db, target, store }: StepContext, { base }: ReadManifest): boolean {
  if (base === undefined) return false;
  return !listPoints(db, { target, lineage: store.lineage }).some(
    ({ baseRevision, revision, doomedMs }) =>
      doomedMs === null && (baseRevision ?? 0) < base.revision && revision >= base.revision,
  );
}

function segmentsOf({ manifest, segments }: ReadManifest, { db, bucket, reading }: Sources): Comparable[] {
  return segments.flatMap(({ segment, auth }) =>
    (auth === undefined ? [segment] : [auth, segment]).map((object) => ({
      name: object.name,
      rawBytes: object.rawBytes,
      words: `revisions ${object.after + 1} to ${object.revision}`,
      async isSame() {
        const named = object === segment ? (auth?.sha256 ?? null) : null;
        const { header, lines } = await readWholeSegment(bucket, manifest.lineage, object, named, reading);
        return isKept(db, lines, liveSegmentText(db, object, header.format));
      },
    })),
  );
}

async function partsOf(read: ReadManifest, { db, bucket, reading }: Sources): Promise<Comparable[]> {
  const index = await readIndex(bucket, read, reading);
  if (index === undefined) return [];
  const linesOf = (at: number) => {
    const part = index.parts[at];
    return part === undefined ? Promise.resolve([]) : readPart(bucket, index, part, at + 1, reading);
  };
  return index.parts.map((part, at) => ({
    name: part.name,
    rawBytes: part.rawBytes,
    words: part.kind === "commits" ? "commits" : "documents and their history",
    async isSame() {
      const lines = await linesOf(at);
      const before = part.kind === "commits" && at > 0 ? placeOf((await linesOf(at - 1)).at(-1)) : undefined;
      return isKept(db, lines, livePartText(db, part, { index, lines, after: before?.revision ?? 0 }));
    },
  }));
}

/** Whether the live store still says what was exported, but for what it no longer keeps. */
function isKept(db: Db, lines: readonly string[], live: string | undefined): boolean {
  if (live === undefined) return false;
  if (lines.join("\n") === live) return true;
  const marks = readMarks(db);
  return marks.size > 0 && agreeButCompacted(lines, live === "" ? [] : live.split("\n"), marks);
}
