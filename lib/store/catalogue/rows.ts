/**
 * The rows of `operation`, by name and shape: what has to be remembered between two requests. A row that is not there
 * has nothing to tell; the migration makes `lease` (lease.ts) and the cursors' key. Rows in the shapes of a snapshot
 * stand in snapshot-rows.ts and the restore's in lib/store/restore/record.ts: config-write carries this file, and every
 * schema in it costs each commit on Spin.
 */
import * as z from "zod/mini";
import { type Row, row } from "./operation.ts";

const text = z.string();
const count = z.int().check(z.minimum(0));

/** When something last happened. */
const Moment = z.strictObject({ atMs: count });

/** Why exporting has stopped. */
const StoredFinding = z.strictObject({
  kind: z.enum(["fork", "foreign"]),
  detail: text,
  /** What it is about, for whoever picks (FindingData). */
  data: z.strictObject({
    cause: text,
    lineages: z.readonly(z.array(text)),
  }),
});
export type StoredFinding = z.infer<typeof StoredFinding>;

/** The last look for others in the bucket, and what it found. */
export const LOOK = row("look", z.strictObject({ atMs: count, finding: z.optional(StoredFinding) }));

/** When a write last asked for a look whether the store went back, answered or not. Its name stands in factsSql, too. */
export const LOOK_ASKED = row("look-asked", Moment);

/** What went wrong last, until something goes well. */
export const ERROR = row("error", z.strictObject({ code: text, detail: text, atMs: count }));

/** The newest proof, and the manifest that it is about while anything may rest on it. */
const ProofMade = z.strictObject({ revision: count, atMs: count, manifest: z.nullable(text) });
export const PROVEN = row("proven", ProofMade);
/** The same of the newest proof that read a whole chain. */
export const REPLAYED = row("replayed", ProofMade);

export const REPLAY_TRIED = row("replay-tried", Moment);
/** An object of the bucket that is damaged: when that was found, and under which generation of the lease. */
const Damaged = z.strictObject({ atMs: count, generation: count });

export function damagedRow(object: string): Row<z.infer<typeof Damaged>> {
  return row(`damaged/${object}`, Damaged);
}

/** When pruning last came to its end. */
export const PRUNED = row("pruned", Moment);

/** The scrub of the live store: when, and how many rows disagree. */
export const SCRUB = row("scrub", z.strictObject({ atMs: count, faults: count }));

/** The scrub of history: the manifests that are left to compare, the newest of all, and what this and the last one found. */
export const HISTORY = row(
  "history",
  z.strictObject({
    left: z.readonly(z.array(text)),
    /** How many objects of the first manifest are done. */
    at: count,
    newest: text,
    faults: count,
    /** The first fault in words. */
    first: z.nullable(text),
    /** Since when there was nothing to compare. */
    restsMs: count,
    /** The last one that came to its end; 0: none has. */
    doneMs: count,
    doneFaults: count,
    doneFirst: z.nullable(text),
  }),
);

/** The revision at which the store was sealed for a move, and the manifest that says so once it is written. */
export const SEAL = row("seal", z.strictObject({ revision: count, manifest: z.nullable(text) }));

/** The lineage of an adopted store until its next commit opens the pending epoch. Nobody else writes under it. */
export const ADOPTED = row("adopted", z.strictObject({ lineage: text }));

/** Another lineage as it stood when this one began to export, and whether a person has told us to let it be. */
const Seen = z.strictObject({ revision: count, tip: text, ignored: z.boolean() });

/** Two lineages in one bucket, seen from the first. */
export interface Pair {
  readonly target: string;
  readonly lineage: string;
  readonly other: string;
}

export function seenRow({ target, lineage, other }: Pair): Row<z.infer<typeof Seen>> {
  return row(`seen/${target}/${lineage}/${other}`, Seen);
}

/** A value that was purged from the store and may still lie in the bucket. */
export const Purge = z.strictObject({
  /** The commit that purged; what the bucket still holds lies below. */
  revision: count,
  namespace: text,
  key: text,
  /** The oldest revision that held a value. */
  firstRevision: count,
  why: text,
  askedMs: count,
  /** The manifest that replaces the rest; null while there is none. */
  manifest: z.nullable(text),
  /** Null while something of it may still be there. */
  doneMs: z.nullable(count),
});
export type Purge = z.infer<typeof Purge>;

/** Padded, so that names stand in the order of revisions. */
export function purgeRow(revision: number): Row<Purge> {
  return row(`purge/${String(revision).padStart(16, "0")}`, Purge);
}
