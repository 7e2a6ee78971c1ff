/**
 * A snapshot, page by page, into a file of its own: an empty one, or one that the same source has begun (replica-file.ts).
 * Promise: it goes on where it was cut, as long as its source knows the place; nobody can read it before its last page.
 */
import { SYSTEM } from "../../lib/core/namespace.ts";
import { readPointed } from "../../lib/store/documents/pins.ts";
import { addDocuments, beginReplica, openReplica } from "../../lib/store/replica/replica.ts";
import { findSnapshotPart, putPointed, putSnapshotPart } from "../../lib/store/replica/rows.ts";
import type { Db } from "../../lib/store/sqlite/driver.ts";
import { inTransaction } from "../../lib/store/sqlite/transaction.ts";
import { LedgeError } from "../client/errors.ts";
import type { Place, ReplicaLife, SnapshotPage, Source, SourceHistory, Subject } from "./source.ts";

export interface Filling {
  readonly subject: Subject;
  readonly source: Source;
  readonly signal: AbortSignal;
  /** Where it has come already. */
  readonly first?: SnapshotPage | undefined;
  /** Throws LedgeError where the state may not take the place of what is served. */
  judge(history: SourceHistory): void;
  /** After each page. */
  onPage(): void;
}

/** Gives the place of the state. Rejects with LedgeError, and with StoreFault. */
export async function fillSnapshot(db: Db, filling: Filling): Promise<Place> {
  const { subject, source, signal } = filling;
  let next = findSnapshotPart(db)?.next;
  for (let isFirst = next === undefined; ; isFirst = false) {
    const come = isFirst ? filling.first : undefined;
    const page = come ?? (await source.snapshot(subject, next, signal));
    if (isFirst) await begin(db, page, filling);
    inTransaction(db, () => {
      addDocuments(db, page.documents);
      putSnapshotPart(db, { source: source.name, next: page.next });
      if (page.next === undefined) open(db, page, subject);
    });
    filling.onPage();
    if (page.next === undefined) return page.place;
    next = page.next;
  }
}

async function begin(
  db: Db,
  { place }: SnapshotPage,
  { subject, source, signal, judge }: Filling,
): Promise<void> {
  const history = await source.history(subject, signal);
  // A channel may well point at something older.
  judge(subject.channel === undefined ? { ...history, head: place.revision } : history);
  beginReplica(db, livesUpTo(history.lives, place.lineage));
}

function open(db: Db, { place, settings = place }: SnapshotPage, subject: Subject): void {
  openReplica(db, [subject.namespace, SYSTEM], place.revision);
  if (subject.channel === undefined) return;
  const { revision, pointer } = pointedIn(db, subject);
  // The pointer moved while the pages came: this is the state of an older one, and the next step goes on from it.
  putPointed(db, { ...settings, pointer: revision === place.revision ? pointer : 0 });
}

/** Where the channel points, by the documents that are here. Throws LedgeError `not_found` where there is none. */
export function pointedIn(
  db: Db,
  { namespace, channel = "", edge }: Subject,
): { readonly revision: number; readonly pointer: number } {
  const pointed = readPointed(db, { namespace, channel, edge: edge ?? null });
  if (pointed !== undefined) return pointed;
  throw new LedgeError("not_found", `${namespace} has no channel ${channel}. What is served goes on.`);
}

/** The lives of a history up to one of them. Throws LedgeError `bad_answer` where it is not among them. */
export function livesUpTo(lives: readonly ReplicaLife[], lineage: string): readonly ReplicaLife[] {
  const at = lives.findIndex((life) => life.lineage === lineage);
  if (at < 0)
    throw new LedgeError("bad_answer", "The source's histories do not hold the one that it answers from.");
  return lives.slice(0, at + 1);
}
