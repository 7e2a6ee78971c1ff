/**
 * Compaction: what a namespace no longer keeps of its past goes, a hundred commits at a time. Promise: at every revision
 * from a namespace's mark on, reads, lists and the feed say what they said before; below it they refuse (`compacted`). The
 * mark moves first, in a commit of its own, so no reader finds half of a state. Commits stay, for the audit: only what they
 * did to keys goes. Whatever may be cut between two steps goes on from where it was. What a channel needs below the mark
 * stays (pins.ts), and goes once nothing does any more.
 */
import { DAY_MS } from "../../core/duration.ts";
import { parseNamespaceSettings } from "../../core/settings.ts";
import { findRow, putRow } from "../catalogue/operation.ts";
import { PROVEN } from "../catalogue/rows.ts";
import { readPinsAt } from "../documents/pins.ts";
import type { Db } from "../sqlite/driver.ts";
import { onlyOf, rowsOf } from "../sqlite/statement.ts";
import { inTransaction } from "../sqlite/transaction.ts";
import {
  dropEndsSql,
  dropReplacedSql,
  keptNamespacesSql,
  marksSql,
  mayCompactSql,
  nextCommitsSql,
  raiseMarksSql,
} from "./compaction.sql.ts";
import { COMPACTED, keepPins, releasePins } from "./pinned.ts";

/** Commits of one step: some milliseconds in which nobody else writes. */
const STEP_COMMITS = 100;

export interface CompactionOptions {
  readonly nowMs: number;
  /** How long a namespace keeps its past that does not say it itself; null: for ever. */
  readonly keepMs: number | null;
  /** With a bucket nothing goes that no proof has seen there: it may be all that there is of it. */
  readonly hasBucket: boolean;
  /** Asked after each step. */
  goesOn(): boolean;
}

/** How much went. */
export interface Compacted {
  readonly steps: number;
  readonly namespaces: number;
}

/** Namespaces that have come equally far and keep equally long go together. */
interface Group {
  readonly names: readonly string[];
  readonly from: number;
  readonly keepMs: number;
}

/** Throws StoreFault. Leaves a store alone that is not open, and one whose base or replay is in the making. */
export function compact(db: Db, options: CompactionOptions): Compacted {
  let steps = 0;
  const touched = new Set<string>();
  const { may, head } = onlyOf(db, mayCompactSql);
  if (may !== 1) return { steps, namespaces: 0 };
  const upTo = options.hasBucket ? (findRow(db, PROVEN)?.revision ?? 0) : head;
  releaseEnded(db);
  for (let groups = groupsOf(db, options); groups.length > 0; ) {
    const [group, ...others] = groups;
    if (group === undefined || !options.goesOn()) break;
    const to = endOfStep(db, group, { upTo, nowMs: options.nowMs });
    if (to === undefined) {
      // Marks have moved: what was pinned may not be any more.
      groups = others.length === 0 && releaseEnded(db) ? groupsOf(db, options) : others;
      continue;
    }
    step(db, group, to);
    steps += 1;
    for (const name of group.names) touched.add(name);
    groups = [{ ...group, from: to }, ...others];
  }
  return { steps, namespaces: touched.size };
}

function releaseEnded(db: Db): boolean {
  return inTransaction(db, () => releasePins(db, readMarks(db)));
}

function groupsOf(db: Db, { keepMs }: CompactionOptions): Group[] {
  const reached = findRow(db, COMPACTED) ?? {};
  const groups = new Map<string, { names: string[]; from: number; keepMs: number }>();
  for (const { namespace, settings } of rowsOf(db, keptNamespacesSql)) {
    // A namespace that was deleted keeps its past as long as any does.
    const own = settings === null ? undefined : parseNamespaceSettings(settings)?.keep?.days;
    const kept = own === undefined ? keepMs : own * DAY_MS;
    if (kept === null) continue;
    const from = reached[namespace] ?? 0;
    const name = `${kept} ${from}`;
    const there = groups.get(name);
    if (there === undefined) groups.set(name, { names: [namespace], from, keepMs: kept });
    else there.names.push(namespace);
  }
  return [...groups.values()];
}

/**
 * The last of the next commits that are old enough; undefined where the next one is not. A commit of a clock that was ahead
 * keeps nothing: it is as old as those around it.
 */
function endOfStep(
  db: Db,
  { from, keepMs }: Group,
  { nowMs, upTo }: { readonly nowMs: number; readonly upTo: number },
): number | undefined {
  let end: number | undefined;
  for (const { revision, timeMs } of rowsOf(db, nextCommitsSql, [from, upTo, STEP_COMMITS])) {
    if (timeMs > nowMs - keepMs && timeMs <= nowMs) break;
    end = revision;
  }
  return end;
}

function step(db: Db, { names, from }: Group, to: number): void {
  const namespaces = JSON.stringify(names);
  inTransaction(db, () => db.all(raiseMarksSql, [to, namespaces]));
  inTransaction(db, () => {
    // Under the lock: whoever points a channel below the mark from now on is refused.
    const pins = readPinsAt(db, readMarks(db)).filter(({ namespace }) => names.includes(namespace));
    const pinned = JSON.stringify(pins.map(({ namespace, revision }) => [namespace, revision]));
    db.all(dropReplacedSql, [from, to, namespaces, pinned]);
    db.all(dropEndsSql, [from, to, namespaces]);
    putRow(db, COMPACTED, {
      ...findRow(db, COMPACTED),
      ...Object.fromEntries(names.map((name) => [name, to])),
    });
    keepPins(db, pins);
  });
}

/** From which revision on each namespace keeps its past, where that is not all. Throws StoreFault. */
export function readMarks(db: Db): ReadonlyMap<string, number> {
  return new Map(rowsOf(db, marksSql).map(({ namespace, compacted }) => [namespace, compacted]));
}
