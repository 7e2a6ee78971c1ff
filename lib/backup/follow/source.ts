/**
 * What is read of a followed bucket, in the words of a replica (lib/store/replica). An agent's `Source` has the same
 * members, so that a bucket looks to it like an origin.
 */
import type { ReplicaCommit, ReplicaDocument, ReplicaLife } from "../../store/replica/replica.ts";

/** A position: which history, and how far. */
export interface FollowedPlace {
  /** 32 hex digits. */
  readonly lineage: string;
  readonly revision: number;
}

/** Which history the bucket has, and how far it is. */
export interface FollowedHistory {
  /** Oldest first; the last one is now. */
  readonly lives: readonly ReplicaLife[];
  readonly head: number;
}

export interface FollowedState {
  /** Of the whole state, on all pages. */
  readonly place: FollowedPlace;
  readonly documents: readonly ReplicaDocument[];
  /** Where the next page begins; undefined after the last. */
  readonly next: string | undefined;
}

/** `place` is where to go on; as long as it lies before `head` there is more. */
export interface FollowedChanges {
  readonly place: FollowedPlace;
  readonly head: number;
  readonly commits: readonly ReplicaCommit[];
}

/** Reads the state of a namespace at one revision, page by page, with the documents of `_system` that belong to it. */
export type ReadFollowedState = (
  namespace: string,
  next: string | undefined,
  signal: AbortSignal,
) => Promise<FollowedState>;

/** Reads what was committed after a place, as far as it concerns the namespace: whole commits, in order. */
export type ReadFollowedChanges = (
  namespace: string,
  after: FollowedPlace,
  asked: { readonly signal: AbortSignal },
) => Promise<FollowedChanges>;
