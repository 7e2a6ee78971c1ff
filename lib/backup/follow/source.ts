/**
 * What a replica takes its data from, whoever serves it: a state page by page, and what was committed after a place.
 * Promise: whole commits, in order, and nothing but the namespace's own documents and the settings that belong to it.
 */

export interface ReplicaDocument {
  readonly namespace: string;
  readonly key: string;
  readonly revision: number;
  readonly createdRevision: number;
  readonly version: number;
  readonly mediaType: string;
  readonly modifiedMs: number;
  readonly bytes: Uint8Array;
}

/** A delete may name a key that is not there: a purge makes one of each value that it took away. */
export type ReplicaChange =
  | {
      readonly op: "put";
      readonly namespace: string;
      readonly key: string;
      readonly mediaType: string;
      /** Undefined: replaced since, and not shown. */
      readonly bytes: Uint8Array | undefined;
    }
  | { readonly op: "delete"; readonly namespace: string; readonly key: string };

export interface ReplicaCommit {
  readonly revision: number;
  readonly id: string;
  readonly timeMs: number;
  readonly actor: string | undefined;
  readonly message: string | undefined;
  readonly changes: readonly ReplicaChange[];
}

/** A position: which history, and how far. */
export interface Place {
  readonly lineage: string;
  readonly revision: number;
}

export interface SnapshotPage {
  readonly place: Place;
  readonly documents: readonly ReplicaDocument[];
  /** Undefined with the last page. */
  readonly next: string | undefined;
}

/** `place` is where to go on; as long as it lies before `head` there is more. */
export interface ChangesPage {
  readonly place: Place;
  readonly head: number;
  readonly commits: readonly ReplicaCommit[];
}

export interface Source {
  readonly name: string;
  /**
   * The whole state of a namespace at one revision, page by page; `next` of the page before goes on. With the
   * `_system` documents that belong to it: {namespace,schema,policy,channel,rollout}/NAMESPACE…
   */
  snapshot(namespace: string, next: string | undefined, signal: AbortSignal): Promise<SnapshotPage>;
  /** What was committed after a place: only changes of the namespace and of those `_system` documents. */
  changes(namespace: string, after: Place, signal: AbortSignal): Promise<ChangesPage>;
}
