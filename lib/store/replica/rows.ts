/** What an agent keeps with a replica, in rows of `operation`: how far a snapshot has come, and when a source last answered. */
import * as z from "zod/mini";
import type { RowValue } from "../catalogue/operation.ts";
import { findRow, putRow, row } from "../catalogue/operation.ts";
import type { Db } from "../sqlite/driver.ts";

const SNAPSHOT_PART = row("snapshot-part", z.object({ source: z.string(), next: z.optional(z.string()) }));
const SNAPSHOT_JUDGED = row("snapshot-judged", z.object({}));
const CONTACT = row("contact", z.object({ atMs: z.number() }));

export type SnapshotPartRow = RowValue<typeof SNAPSHOT_PART>;

/** Undefined where none was begun, or where it has come to its end. */
export function findSnapshotPart(db: Db): SnapshotPartRow | undefined {
  const found = findRow(db, SNAPSHOT_PART);
  return found?.next === undefined ? undefined : found;
}

export function putSnapshotPart(db: Db, part: { source: string; next: string | undefined }): void {
  putRow(db, SNAPSHOT_PART, part);
}

/** Of a snapshot that is whole: it may be served. Before it, nobody has said so. */
export function putSnapshotJudged(db: Db): void {
  putRow(db, SNAPSHOT_JUDGED, {});
}

export function isSnapshotJudged(db: Db): boolean {
  return findRow(db, SNAPSHOT_JUDGED) !== undefined;
}

/** When a source last said that this was its newest state, by the clock of the time; undefined when none ever did. */
export function findContact(db: Db): number | undefined {
  return findRow(db, CONTACT)?.atMs;
}

export function putContact(db: Db, atMs: number): void {
  putRow(db, CONTACT, { atMs });
}

const POINTED = row("pointed", z.object({ lineage: z.string(), revision: z.number(), pointer: z.number() }));

/** Of a channel: how far `_system` was followed, and the pointer that was obeyed last. */
export type PointedRow = RowValue<typeof POINTED>;

export function findPointed(db: Db): PointedRow | undefined {
  return findRow(db, POINTED);
}

export function putPointed(db: Db, pointed: PointedRow): void {
  putRow(db, POINTED, pointed);
}
