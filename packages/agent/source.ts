/** Where an agent gets a namespace from: an origin, another agent, or a bucket. All three look alike to it. */
import type {
  ReplicaChange,
  ReplicaCommit,
  ReplicaDocument,
  ReplicaLife,
} from "../../lib/store/replica/replica.ts";

export type { ReplicaChange, ReplicaCommit, ReplicaDocument, ReplicaLife };

/** A position: which history, and how far. */
export interface Place {
  /** 32 hex digits. */
  readonly lineage: string;
  readonly revision: number;
}

/** Which history a source has, and how far it is. */
export interface SourceHistory {
  /** Oldest first; the last one is now. */
  readonly lives: readonly ReplicaLife[];
  readonly head: number;
}

export interface SnapshotPage {
  /** Of the whole state, on all pages. */
  readonly place: Place;
  readonly documents: readonly ReplicaDocument[];
  /** Where the next page begins; undefined after the last. */
  readonly next: string | undefined;
}

export interface ChangesPage {
  /** How far this looked. */
  readonly place: Place;
  readonly head: number;
  readonly commits: readonly ReplicaCommit[];
}

export interface AskedFor {
  /** How long the source may let us wait for news, in seconds. */
  readonly waitSeconds: number;
  readonly signal: AbortSignal;
}

export type SourceKind = "origin" | "relay" | "bucket";

/** Every method rejects with LedgeError, by its code, or with the signal's reason. */
export interface Source {
  readonly kind: SourceKind;
  /** For people: an address without a secret. */
  readonly name: string;
  /** As this namespace is there: another agent has each at a place of its own. */
  history(namespace: string, signal: AbortSignal): Promise<SourceHistory>;
  /** The state of a namespace at one revision, page by page, with the documents of `_system` that concern it. */
  snapshot(namespace: string, next: string | undefined, signal: AbortSignal): Promise<SnapshotPage>;
  /** What was committed after a place, as far as it concerns the namespace: whole commits, in order. */
  changes(namespace: string, after: Place, asked: AskedFor): Promise<ChangesPage>;
}
