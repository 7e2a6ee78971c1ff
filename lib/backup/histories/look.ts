/**
 * The look at a bucket before writing to it: who else is there. Promise: judged by one look-up in the store,
 * revision and tip. Heads are tripwires: they can stop an export and are never data.
 */

import type { Bucket } from "../../bucket/bucket.ts";
import { sha256Hex } from "../../bucket/bytes.ts";
import { listClaims, listHeads, parseHead, readHeadBytes, readLineageHead } from "../../snapshot/heads.ts";
import type { Head } from "../../snapshot/schemas.ts";
import {
  type ExportedStore,
  findSeen,
  hasExported,
  isIgnored,
  isOwnHead,
  recordSeen,
} from "../../store/catalogue/catalogue.ts";
import type { Catalogue } from "../../store/catalogue/lease.ts";
import { findCommitId, listAncestry } from "../../store/documents/export-pages.ts";
import type { Db } from "../../store/sqlite/driver.ts";
import type { Finding, FindingData } from "./finding.ts";
import { wentBack } from "./went-back.ts";

export interface Look {
  readonly finding: Finding | undefined;
  /** SHA-256 of this lineage's own head; undefined when it is not in the bucket. */
  readonly ownHead: string | undefined;
}

export interface LookContext {
  readonly db: Db;
  readonly bucket: Bucket;
  readonly catalogue: Catalogue;
  readonly target: string;
  readonly store: ExportedStore;
  /** Also read again the heads that were judged before. */
  readonly thorough: boolean;
  /** Histories that have nothing in common with ours may lie here too. */
  readonly shared: boolean;
}

/** GETs the own head and LISTs the others; those not yet judged are read. */
export async function lookAround(context: LookContext): Promise<Look> {
  const { bucket, store } = context;
  const own = await readHeadBytes(bucket, store.lineage);
  const ownHead = own === undefined ? undefined : await sha256Hex(new Uint8Array(own));
  const finding =
    (await judgeOwn(context, own)) ?? (await judgeOthers(context)) ?? (await judgeClaims(context));
  return { finding, ownHead };
}

async function judgeOwn(
  { db, store }: LookContext,
  bytes: Uint8Array | undefined,
): Promise<Finding | undefined> {
  if (bytes === undefined || isOwnHead(db, await sha256Hex(new Uint8Array(bytes)))) return undefined;
  const own = { lineages: [store.lineage] };
  const head = parseHead(bytes);
  // Not whole: a PUT that was cut off, or somebody's rubbish. It says nothing of any history, and is written over.
  if (head === undefined) return undefined;
  if (head.revision > store.revision)
    return wentBack({ lineage: store.lineage, revision: store.revision, bucketRevision: head.revision });
  // Same revision and same tip is a repeat or an ancestor of what we hold; only another tip is another history.
  if (findCommitId(db, head.revision) === head.tip) return undefined;
  return fork(
    `another store wrote revision ${head.revision} of lineage ${store.lineage} with other content`,
    {
      cause: "same_lineage",
      ...own,
    },
  );
}

async function judgeOthers(context: LookContext): Promise<Finding | undefined> {
  const { db, bucket, target, store, thorough } = context;
  const findings: Finding[] = [];
  const parent = listAncestry(db).at(-1)?.parent;
  for (const other of await listHeads(bucket)) {
    if (other === store.lineage) continue;
    const pair = { target, lineage: store.lineage, other };
    // The history that we left may have a survivor who writes on: its head is read every time.
    const again = thorough || other === parent;
    if (isIgnored(db, pair) || (!again && findSeen(db, pair) !== undefined)) continue;
    const head = await readLineageHead(bucket, other);
    // A name without a head that can be read says only that somebody is there: as foreign as can be.
    const finding = head === undefined || head.lineage !== other ? foreign(other) : judgeOther(context, head);
    if (finding !== undefined && !(context.shared && finding.kind === "foreign")) findings.push(finding);
  }
  return merged(findings);
}

/** The worst of several, with the lineages of all of its cause: whoever picks sees every one of them. */
function merged(findings: readonly Finding[]): Finding | undefined {
  const worst = findings.find(({ kind }) => kind === "fork") ?? findings[0];
  if (worst === undefined) return undefined;
  const alike = findings.filter(({ data }) => data.cause === worst.data.cause);
  const lineages = alike.flatMap(({ data }) => data.lineages);
  const detail = alike.length === 1 ? worst.detail : `${worst.detail}, and ${alike.length - 1} more like it`;
  return { ...worst, detail, data: { cause: worst.data.cause, lineages } };
}

function judgeOther({ db, catalogue, target, store }: LookContext, head: Head): Finding | undefined {
  const own = listAncestry(db);
  const beside = { cause: "other_lineage" as const, lineages: [head.lineage] };
  const shared = head.ancestry.some(({ lineage }) => own.some((ancestor) => ancestor.lineage === lineage));
  if (!shared) return foreign(head.lineage);
  if (head.ancestry.some(({ lineage }) => lineage === store.lineage)) {
    return fork(
      `lineage ${head.lineage} was restored from this one and has gone on, to revision ${head.revision}`,
      beside,
    );
  }
  const isAncestor = own.some(({ lineage }) => lineage === head.lineage);
  if (!isAncestor && head.epoch === store.epoch) {
    return fork(`lineage ${head.lineage} has opened epoch ${head.epoch} as well`, beside);
  }
  const seen = findSeen(db, { target, lineage: store.lineage, other: head.lineage });
  if (seen !== undefined) {
    if (seen.revision === head.revision && seen.tip === head.tip) return undefined;
    return fork(
      `lineage ${head.lineage} has gone on, from revision ${seen.revision} to ${head.revision}`,
      beside,
    );
  }
  if (!isAncestor && hasExported(db, { target, lineage: store.lineage })) {
    return fork(`lineage ${head.lineage} was restored beside this one`, beside);
  }
  // What stood here before our own first export is what the restore was asked to leave behind.
  const { revision, tip } = head;
  recordSeen(catalogue, { target, lineage: store.lineage, other: head.lineage, revision, tip });
  return undefined;
}

/** Before the first export: nobody else may have claimed our epoch. */
async function judgeClaims({ db, bucket, target, store, shared }: LookContext): Promise<Finding | undefined> {
  if (hasExported(db, { target, lineage: store.lineage })) return undefined;
  for (const claim of await listClaims(bucket, store.epoch)) {
    if (claim.lineage === store.lineage) continue;
    if (isIgnored(db, { target, lineage: store.lineage, other: claim.lineage })) continue;
    if (store.epoch === 0) {
      if (shared) continue;
      return foreign(claim.lineage);
    }
    if (shared && !(await isRelated(bucket, claim.lineage, db))) continue;
    return fork(`lineage ${claim.lineage} has claimed epoch ${claim.epoch} as well`, {
      cause: "other_lineage",
      lineages: [claim.lineage],
    });
  }
  return undefined;
}

/** Whether a lineage's head shows an ancestor of ours. One that cannot be read might be anybody's: not related. */
async function isRelated(bucket: Bucket, lineage: string, db: Db): Promise<boolean> {
  const head = await readLineageHead(bucket, lineage);
  const own = listAncestry(db);
  return head?.ancestry.some((one) => own.some((ancestor) => ancestor.lineage === one.lineage)) ?? false;
}

function fork(detail: string, data: FindingData): Finding {
  return { kind: "fork", detail, data };
}

function foreign(lineage: string): Finding {
  return {
    kind: "foreign",
    detail: `the prefix holds backups of lineage ${lineage}, which is not part of this history`,
    data: { cause: "foreign", lineages: [lineage] },
  };
}
