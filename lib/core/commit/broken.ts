/** What of a policy a commit breaks: who judges it, who may override it and who writes it down speak of it in this shape. */

/** A rule of a policy that a commit would break. */
export interface Broken {
  readonly kind: "budget" | "freeze";
  readonly namespace: string;
  readonly scope: string;
  /** The first operation that changes something under the scope. */
  readonly index: number;
  readonly says: string;
  /** Of a budget. */
  readonly limit?: number;
  readonly size?: number;
}
