/**
 * Exporting a base: its parts, the digest of its state, its index, and the manifest that begins a chain with it. Promise:
 * it may take any number of ticks; what was purged meanwhile makes it begin anew.
 */

import { sha256Hex, utf8 } from "../../bucket/bytes.ts";
import { formatTime } from "../../core/time.ts";
import { baseIndexName } from "../../snapshot/names.ts";
import { type BaseIndex, type BaseObject, SNAPSHOT_FORMAT } from "../../snapshot/schemas.ts";
import { type BaseProgress, findBaseProgress, saveBaseProgress } from "../../store/catalogue/base.ts";
import { closeRun, type Position, type RunStart } from "../../store/catalogue/catalogue.ts";
import { listUnwrittenPurges, readPurgeMark, recordPurgesWritten } from "../../store/catalogue/purge.ts";
import { findTip, listAncestry, listNamespaceSizes } from "../../store/documents/export-pages.ts";
import { beginBase, digestBase, digestInMaking, isInParts, makeBasePart } from "./base-parts.ts";
import type { StepContext } from "./limits.ts";
import {
  encrypted,
  finishRun,
  giveUp,
  pageByPage,
  parentOf,
  segmentsOf,
  startRun,
  writeObject,
} from "./run.ts";

/** Goes on with the base in the making, or begins one at the position. Undefined while parts are missing. */
export async function exportBase(
  context: StepContext,
  position: Position | undefined,
): Promise<Position | undefined> {
  const { db, store, target, catalogue } = context;
  const revision = position?.revision ?? store.revision;
  const purgeMark = readPurgeMark(db);
  const known = findBaseProgress(db);
  const goesOn = known !== undefined && known.target === target && known.lineage === store.lineage;
  let base = goesOn ? known : beginBase({ target, lineage: store.lineage, revision });
  const start = await startRun(context);
  for (let first = true; base.phase !== "index"; first = false) {
    if (!first && !context.withinBudget()) {
      closeRun(catalogue, { run: start.run, nowMs: context.nowMs() });
      return undefined;
    }
    base = await stepBase(context, start, base);
    if (!saveBaseProgress(catalogue, { base, purgeMark })) return giveUp(context, start);
  }
  const purges = listUnwrittenPurges(db).filter((purge) => purge.revision <= base.revision);
  const { object, bytes, digest } = await makeIndex(context, base, start.run);
  await writeObject(context, start, { ...object, bytes });
  if (readPurgeMark(db) !== purgeMark) return giveUp(context, start);
  const later = segmentsOf(position?.objects ?? []).filter((segment) => segment.after >= base.revision);
  const written = await finishRun(context, start, {
    revision: position?.revision ?? base.revision,
    objects: [object, ...later],
    segmentSha256: position?.segmentSha256 ?? null,
    digest: { revision: base.revision, sha256: digest },
    parent: parentOf(position),
    supersedes: purges.map(({ firstRevision, why }) => ({ from: firstRevision, to: base.revision, why })),
  });
  recordPurgesWritten(catalogue, { purges, manifest: written.manifest });
  return written;
}

/** One more part, written; or the digest, as far as the budget goes. */
async function stepBase(context: StepContext, start: RunStart, base: BaseProgress): Promise<BaseProgress> {
  const { db, limits } = context;
  if (!isInParts(base)) return digestBase(db, base, pageByPage(context));
  const { partBytes } = limits;
  const { part, progress } = await makeBasePart(db, base, {
    run: start.run,
    partBytes,
    cipher: context.keys.cipher,
  });
  if (part !== undefined) {
    const { object, bytes } = part;
    await writeObject(context, start, {
      ...object,
      kind: `base-${object.kind}`,
      revision: base.revision,
      bytes,
    });
  }
  return progress;
}

async function makeIndex(
  context: StepContext,
  base: BaseProgress,
  run: string,
): Promise<{ object: BaseObject; bytes: Uint8Array<ArrayBuffer>; digest: string }> {
  const { db, store, keys, nowMs } = context;
  const { revision } = base;
  const tip = findTip(db, revision);
  if (tip?.revision !== revision) throw new Error("a base stands at a commit");
  const state = digestInMaking(base);
  const sizes = new Map(state.namespaces.map((one) => [one.namespace, one]));
  const index: BaseIndex = {
    format: SNAPSHOT_FORMAT,
    kind: "base",
    lineage: store.lineage,
    epoch: store.epoch,
    run,
    created: formatTime(nowMs()),
    revision,
    tip: tip.id,
    ancestry: listAncestry(db),
    usage: listNamespaceSizes(db, revision).map(({ namespace, compacted }) => {
      const { keys, bytes } = sizes.get(namespace) ?? { keys: 0, bytes: 0 };
      return { namespace, keys, bytes, compacted };
    }),
    parts: [...base.parts],
    digest: state.sha256,
  };
  const name = baseIndexName({ lineage: store.lineage, revision, run });
  const { bytes, key } = encrypted(keys.cipher, name, utf8(`${JSON.stringify(index)}\n`));
  const object: BaseObject = {
    kind: "base",
    name,
    sizeBytes: bytes.length,
    sha256: await sha256Hex(bytes),
    revision,
    rawBytes: base.parts.reduce((sum, part) => sum + part.rawBytes, 0),
    ...key,
  };
  return { object, bytes, digest: state.sha256 };
}
