/** Where an agent gets a namespace from: an origin, another agent, or a bucket. All three look alike to it. */
import type {
  ReplicaChange,
  ReplicaCommit,
  ReplicaDocument,
  ReplicaLife,
} from "../../lib/store/replica/replica.ts";

export type { ReplicaChange, ReplicaCommit, ReplicaDocument, ReplicaLife };

/** What a lane follows. */
export interface Subject {
  readonly namespace: string;
  /** The state that this channel of the namespace gives the edge, in the place of the newest. */
  readonly channel?: string | undefined;
  /** The name by which a rollout knows this edge; its document is followed, too. */
  readonly edge?: string | undefined;
}

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
  /** Of a channel: how far the documents of `_system` are. Known with the last page. */
  readonly settings?: Place | undefined;
}

/** What is to be done to a state to have the one that a channel points at. */
export interface DifferencePage {
  /** The revision that the channel gives, as the source sees it. */
  readonly to: number;
  readonly documents: readonly ReplicaDocument[];
  readonly ended: readonly string[];
  readonly next: string | undefined;
}

export interface ChangesPage {
  /** How far this looked. */
  readonly place: Place;
  readonly head: number;
  /** How long ago the source last knew its state for the newest, where it is no origin itself. */
  readonly ageSeconds?: number;
  /** The agents that this has come through, the source itself first, by the ids that they took with their start. */
  readonly via?: readonly string[];
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
  history(subject: Subject, signal: AbortSignal): Promise<SourceHistory>;
  /** The state at one revision, page by page, with the documents of `_system` that concern it. */
  snapshot(subject: Subject, next: string | undefined, signal: AbortSignal): Promise<SnapshotPage>;
  /**
   * What was committed after a place, as far as it concerns the subject: whole commits, in order. Of a channel only what was
   * done to `_system`: its documents come by `difference`.
   */
  changes(subject: Subject, after: Place, asked: AskedFor): Promise<ChangesPage>;
  /** From one revision (0: from nothing) to the one that the channel gives. Absent where a source cannot tell. */
  difference?(
    subject: Subject,
    from: number,
    at: { readonly next: string | undefined; readonly signal: AbortSignal },
  ): Promise<DifferencePage>;
}
