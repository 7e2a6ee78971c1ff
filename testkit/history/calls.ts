/**
 * What clients of a store sent and what they were answered, each with its start and end by one monotonic clock: the
 * record that testkit/history/check.ts judges. Plain data, so that a test writes one by hand.
 */

/** Milliseconds of one clock. A call that was never answered has no end: `end` is Infinity. */
export interface Span {
  readonly start: number;
  readonly end: number;
}

export interface SentChange {
  readonly op: "put" | "delete" | "check";
  readonly ns: string;
  readonly key: string;
  /** Of a put, as text/plain. */
  readonly text?: string;
  /** The revision that is replaced, 0 for "absent". `present` is `If-Match: *`; null names nothing. */
  readonly named: number | "any" | "present" | null;
}

export interface ToldResult {
  readonly result: string;
  readonly revision: number;
}

export interface ToldCause {
  readonly index: number;
  /** Of the ETag that the refusal names; null where it names none. */
  readonly revision: number | null;
}

export type WriteAnswer =
  | {
      readonly kind: "done";
      readonly revision: number;
      readonly unchanged: boolean;
      readonly replayed: boolean;
      readonly results: readonly ToldResult[];
    }
  | { readonly kind: "refused"; readonly code: string; readonly causes: readonly ToldCause[] }
  /** The connection died, or the answer said that nobody knows. */
  | { readonly kind: "unknown" };

/** One attempt. Attempts with one request id are one write, sent again. */
export interface WriteCall extends Span {
  readonly kind: "write";
  readonly requestId: string;
  readonly changes: readonly SentChange[];
  readonly answer: WriteAnswer;
}

/** `text` is null for "there is no such document". */
export interface ReadCall extends Span {
  readonly kind: "read";
  readonly ns: string;
  readonly key: string;
  /** The past revision that was asked for. */
  readonly at: number | null;
  readonly answer: { readonly revision: number; readonly text: string | null; readonly made: number };
}

/** All pages of a list together. */
export interface ListCall extends Span {
  readonly kind: "list";
  readonly ns: string;
  readonly answer: { readonly revision: number; readonly documents: readonly ListedText[] };
}

export interface ListedText {
  readonly key: string;
  readonly text: string;
  readonly made: number;
}

/** One page of the feed, of all namespaces or of one. */
export interface FeedCall extends Span {
  readonly kind: "feed";
  readonly ns: string | null;
  /** The revision behind which it began: of the page before, where a cursor was sent. */
  readonly after: number;
  readonly answer: {
    readonly revision: number;
    readonly head: number;
    readonly commits: readonly FedCommit[];
  };
}

export interface FedCommit {
  readonly revision: number;
  readonly changes: readonly { op: string; ns: string; key: string; text: string | null }[];
}

/** GET /v1/commits?requestId=; null: there is no such commit. */
export interface LookupCall extends Span {
  readonly kind: "lookup";
  readonly requestId: string;
  readonly answer: number | null;
}

export type Call = WriteCall | ReadCall | ListCall | FeedCall | LookupCall;
