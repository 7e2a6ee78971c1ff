/**
 * What each step of a restore does. First its object is read from the bucket and checked, then its rows are
 * put into the store: the second half waits for no network, so that it can be one transaction.
 */

import { damaged } from "../../bucket/bucket.ts";
import { fromBase64, toBase64 } from "../../bucket/bytes.ts";
import type { CommitFacts } from "../../core/history.ts";
import {
  type ChangeLine,
  parseAuthChanges,
  parseBaseChange,
  parseCommit,
  parseCommitWithChanges,
} from "../../snapshot/lines.ts";
import { readPart, readSegment, required } from "../../snapshot/read.ts";
import { foldEntries, rebuildUsage, rewindTo } from "../../store/restore/rows.ts";
import { DIGEST_START, digestState, readDigest } from "../state-digest.ts";
import type { RestoreStep, RestoreWork } from "./work.ts";

/** Puts a step's rows in. The caller holds the transaction. */
export type Apply = () => Promise<void>;

type StepOf<K extends RestoreStep["kind"]> = Extract<RestoreStep, { kind: K }>;

export async function loadPart(work: RestoreWork, { part, number }: StepOf<"part">): Promise<Apply> {
  const { bucket, index, rows, reading } = work;
  if (index === undefined) throw new Error("a part without a base");
  const lines = await readPart(bucket, index, part, number, reading);
  return async () => {
    lines.forEach((line, at) => {
      if (part.kind === "commits") {
        const commit = required(parseCommit(line), part.name, at);
        if (commit.revision > index.revision)
          throw damaged(part.name, `commit ${commit.revision} is too new`);
        rows.commit(commit);
        return;
      }
      const { created, version, ...change } = required(parseBaseChange(line), part.name, at);
      if ((change.namespace === "_auth") !== (part.kind === "auth"))
        throw damaged(part.name, "it holds changes of another kind of part");
      rows.change(change, created === null || version === null ? undefined : { created, version });
    });
    rows.flush();
    // The digest of the base reads namespaces from usage, which has to be there by then.
    if (number === index.parts.length) rebuildUsage(work.db, []);
    note(work, part.rawBytes, 1);
  };
}

/**
 * All parts are in: the state at the base is compared, and history after the revision goes again. Nobody changes the
 * entries meanwhile, so the digest may be read over several calls: undefined when `goesOn` said no, and `work.at` then
 * says where it stands.
 */
export async function loadBase(work: RestoreWork, goesOn: () => boolean): Promise<Apply | undefined> {
  const { db, index, revision } = work;
  if (index === undefined) throw new Error("a base without its index");
  const { digesting, ...at } = work.at;
  const block = digesting === undefined ? undefined : fromBase64(digesting.block);
  const from = digesting === undefined || block === undefined ? DIGEST_START : { at: digesting.at, block };
  const read = await readDigest(db, { kind: "entries" }, { from, goesOn });
  if (read.whole === undefined) {
    work.at = { ...at, digesting: { at: read.putDown.at, block: toBase64(read.putDown.block) } };
    return undefined;
  }
  const { sha256 } = read.whole;
  return async () => {
    work.at = { ...at, folded: index.revision };
    compareWith(sha256, work, index.revision);
    if (revision < index.revision) {
      rewindTo(db, revision);
      work.at = { ...work.at, folded: revision };
    }
    note(work, 0, 1);
  };
}

export async function loadSegment(work: RestoreWork, { segment, auth }: StepOf<"segment">): Promise<Apply> {
  const { bucket, rows, snapshot, revision, reading } = work;
  const { lineage } = snapshot.manifest;
  const tokens = new Map<number, readonly ChangeLine[]>();
  if (auth !== undefined) {
    const lines = await readSegment(bucket, lineage, auth, null, reading);
    lines.forEach((line, at) => {
      const parsed = required(parseAuthChanges(line), auth.name, at);
      tokens.set(parsed.revision, parsed.changes);
    });
  }
  const lines = await readSegment(bucket, lineage, segment, auth?.sha256 ?? null, reading);
  return async () => {
    let before = segment.after;
    for (const [at, line] of lines.entries()) {
      const { commit, changes } = required(parseCommitWithChanges(line), segment.name, at);
      if (commit.revision <= before || commit.revision > segment.revision)
        throw damaged(segment.name, `revision ${commit.revision} does not belong there`);
      before = commit.revision;
      if (commit.revision > revision) break;
      const next = work.digests[0];
      if (next !== undefined && next.revision < commit.revision) await settle(work, next.revision);
      const all = [...changes, ...(tokens.get(commit.revision) ?? [])];
      tokens.delete(commit.revision);
      checkCount(commit, all.length, segment.name);
      rows.commit(commit);
      for (const change of all) rows.change({ ...change, revision: commit.revision });
    }
    if (revision >= segment.revision) checkEnd(before, tokens, { segment, auth });
    rows.flush();
    note(work, segment.rawBytes + (auth?.rawBytes ?? 0), auth === undefined ? 1 : 2);
  };
}

function checkCount({ revision, count }: CommitFacts, found: number, object: string): void {
  // Compaction takes changes away, so there may be fewer; more would be somebody else's.
  if (found > count) throw damaged(object, `commit ${revision} has ${found} changes instead of ${count}`);
}

function checkEnd(
  reached: number,
  tokens: ReadonlyMap<number, unknown>,
  { segment, auth }: Omit<StepOf<"segment">, "kind">,
): void {
  if (reached !== segment.revision) throw damaged(segment.name, "it ends before its revision");
  const [left] = tokens.keys();
  if (left !== undefined) throw damaged(auth?.name ?? segment.name, `it has no commit ${left}`);
}

/** Brings the entries up to a revision and compares its digest if there is one. */
export async function settle(work: RestoreWork, revision: number): Promise<void> {
  work.rows.flush();
  if (work.at.folded < revision) foldEntries(work.db, work.at.folded);
  work.at = { ...work.at, folded: revision };
  await compareDigests(work, revision);
}

async function compareDigests(work: RestoreWork, revision: number): Promise<void> {
  if (!work.digests.some((digest) => digest.revision === revision)) return;
  rebuildUsage(work.db, []);
  const { sha256 } = await digestState(work.db, { kind: "entries" });
  compareWith(sha256, work, revision);
}

/** Throws when one of the digests that are due at the revision is another. */
function compareWith(sha256: string, work: RestoreWork, revision: number): void {
  const due = work.digests.filter((digest) => digest.revision === revision);
  work.digests = work.digests.filter((digest) => digest.revision > revision);
  if (due.length === 0) return;
  for (const one of due) {
    if (sha256 !== one.sha256)
      throw damaged(one.object, `the state at revision ${revision} does not fit its digest`);
  }
  work.at = { ...work.at, digestRevision: revision };
}

function note(work: RestoreWork, rawBytes: number, objects: number): void {
  const { at } = work;
  work.at = { ...at, doneBytes: at.doneBytes + rawBytes, doneObjects: at.doneObjects + objects };
}
