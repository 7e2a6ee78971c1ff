/** A commit as history tells it, without its changes: what a segment carries and a restore puts back. */
export interface CommitFacts {
  readonly revision: number;
  readonly id: string;
  /** Milliseconds since 1970. */
  readonly time: number;
  readonly actor: string;
  readonly author: string | null;
  readonly requestId: string | null;
  readonly message: string | null;
  /** JSON object of short strings, as text. */
  readonly meta: string | null;
  readonly trace: string | null;
  /**
   * What it named without changing it, as JSON text `[[op, namespace, key], …]`, so that a repeat is told exactly. Null
   * where it had no request id, and where it was made or exported before this was kept.
   */
  readonly rest: string | null;
  /** How many changes it made. */
  readonly count: number;
}
