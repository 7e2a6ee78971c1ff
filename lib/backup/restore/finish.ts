/**
 * The last step of a restore: every check of the whole, then the store's own row and its tokens. Promise: the
 * store opens only in the transaction in which all checks have passed.
 */

import type { RestoreReport } from "../../api/restore-answers.ts";
import type { NewRoot } from "../../api/restore-bodies.ts";
import { damaged } from "../../bucket/bucket.ts";
import {
  countRows,
  findNewestCommit,
  listStoreFaults,
  rebuildUsage,
  setRestoredStore,
} from "../../store/restore/rows.ts";
import { settleTokens } from "../../store/restore/tokens.ts";
import { type LineageTop, listTops } from "../histories/branches.ts";
import { newEpoch } from "../histories/new-epoch.ts";
import { findHighestEpoch } from "./find-snapshot.ts";
import { settle } from "./steps.ts";
import { readLaterTokens } from "./tokens.ts";
import type { RestoreWork } from "./work.ts";

export interface FinishOptions {
  nowMs(): number;
  randomBytes(length: number): Uint8Array;
  /** Revokes every token of the restored store. */
  readonly revokeAll?: boolean | undefined;
  /** Makes a root token. */
  readonly newRoot?: NewRoot | undefined;
}

/** Looks at the bucket once more; what comes back is run in the last transaction. */
export async function loadFinish(
  work: RestoreWork,
  options: FinishOptions,
): Promise<() => Promise<RestoreReport>> {
  const { bucket, reading, snapshot, revision, ancestry } = work;
  const own = ancestry.at(-1);
  if (own === undefined) throw damaged(snapshot.name, "it has no ancestry");
  const tops = await listTops(bucket);
  const goesOn = isSealed(work, tops);
  const pending = goesOn ? null : newEpoch((await findHighestEpoch(bucket, tops)) + 1, options);
  const later = await readLaterTokens(bucket, { lineage: own.lineage, revision }, tops, reading);
  return async () => {
    await settle(work, revision);
    checkTip(work);
    rebuildUsage(work.db, work.index?.usage ?? []);
    const [fault] = listStoreFaults(work.db);
    if (fault !== undefined) throw damaged(snapshot.name, `the rows it gives are not a store: ${fault}`);
    const counts = countRows(work.db);
    setRestoredStore(work.db, own, revision, pending);
    const tokens = settleTokens(work.db, {
      later: later.documents,
      revokeAll: options.revokeAll === true,
      newRoot: options.newRoot,
      nowMs: options.nowMs(),
      revision,
    });
    return {
      lineage: own.lineage,
      epoch: own.epoch,
      revision,
      manifest: snapshot.name,
      check: work.at.digestRevision === revision ? "proven" : "linked",
      digestRevision: work.at.digestRevision,
      historyFrom: Math.max(1, ...(work.index?.usage ?? []).map(({ compacted }) => compacted)),
      ...counts,
      objects: 1 + work.at.doneObjects,
      bytes: work.at.doneBytes,
      pending,
      revocationsApplied: tokens.applied,
      tokensUncertain: goesOn ? 0 : tokens.live,
      tokensKnownTo: later.knownTo,
      tokensUnread: [...later.unread],
      liveRoots: tokens.liveRoots,
      ...(work.at.damaged === undefined ? {} : { damaged: work.at.damaged }),
    };
  };
}

/** The objects must have led to exactly this commit. */
function checkTip({ db, snapshot, index, revision }: RestoreWork): void {
  const { manifest } = snapshot;
  const newest = findNewestCommit(db);
  if (newest?.revision !== revision)
    throw damaged(snapshot.name, `its objects end at revision ${newest?.revision ?? 0}`);
  if (revision === manifest.revision && newest.id !== manifest.tip)
    throw damaged(snapshot.name, "its objects end with another commit than its tip");
  if (revision === index?.revision && newest.id !== index.tip)
    throw damaged(snapshot.name, "its base ends with another commit than its tip");
}

/** A planned move: nothing was written after the manifest, so the history goes on in its epoch. */
function isSealed({ snapshot, revision }: RestoreWork, tops: readonly LineageTop[]): boolean {
  const { manifest } = snapshot;
  const newest = Math.max(0, ...tops.map((top) => top.revision));
  return manifest.sealed && revision === manifest.revision && newest === revision;
}
