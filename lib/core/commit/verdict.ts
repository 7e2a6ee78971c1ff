/** What a judgement says. A refusal names the operations to blame and, where the caller may know it, what stands there. */
import { CAUSES_MAX } from "../page-limits.ts";
import type { Rate } from "../rate.ts";
import type { RefusalCode } from "../refusal.ts";

/** `index` into the operations; the document's present state where the refusal may tell it (revision 0: absent). */
export interface Cause {
  readonly index: number;
  readonly revision: number;
  readonly etag: string | null;
  /** In words, where it is not that of the refusal. */
  readonly detail?: string;
}

export interface CommitRefusal {
  readonly ok: false;
  readonly code: RefusalCode;
  readonly causes: readonly Cause[];
  /** In words, where the code alone does not say what to do. */
  readonly detail?: string;
  /** Where commits are limited: of a refusal for just that, and of a commit. */
  readonly rate?: Rate;
  /** The numbers: what is allowed, and what it would come to. */
  readonly members?: { readonly limit: number; readonly size: number };
  /** The operations whose values have to be judged by schemas first; then the same may be proposed again. */
  readonly unjudged?: readonly number[];
}

/** What became of one operation, in the order proposed. */
export interface OpResult {
  readonly result: "created" | "changed" | "deleted" | "erased" | "unchanged" | "checked";
  /** The document's revision now (of a put: the new or unchanged one; delete: the commit's; check: 0 if absent). */
  readonly revision: number;
  readonly etag: string | null;
}

/** A commit that stands: just made, made before by the same request, or needing no revision. */
export interface Committed {
  readonly ok: true;
  /** The commit's revision; for `unchanged` the head. */
  readonly revision: number;
  readonly lineage: string;
  readonly timeMs: number;
  readonly unchanged: boolean;
  readonly replayed: boolean;
  readonly results: readonly OpResult[];
  /** Of a commit that erased: whether the file was written anew, so that no freed page holds a value. */
  readonly vacuumed?: boolean;
  readonly rate?: Rate;
}

export type CommitOutcome = Committed | CommitRefusal;

/** What a commit does to the size of a namespace. */
export interface Growth {
  readonly keys: number;
  readonly bytes: number;
  /** The first operation that changes it. */
  readonly index: number;
}

/** `apply`: write it, and then it is the outcome. `settled`: nothing to write. */
export type Verdict =
  | {
      readonly kind: "apply";
      readonly outcome: Committed;
      /** Indexes of the operations that change something. */
      readonly altering: ReadonlySet<number>;
      /** What is kept as the commit's `meta`. */
      readonly meta: string | null;
      /** By namespace. */
      readonly growth: ReadonlyMap<string, Growth>;
    }
  | { readonly kind: "settled"; readonly outcome: CommitOutcome };

/** A refusal that tells nothing of what stands at the keys it is about. */
export function refusal(code: RefusalCode, indexes: readonly number[] = []): CommitRefusal {
  const causes = indexes.slice(0, CAUSES_MAX).map((index) => ({ index, revision: 0, etag: null }));
  return { ok: false, code, causes };
}
