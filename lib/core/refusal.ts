/**
 * Refusals: what a caller did, or what the state of the world does not allow. The codes stand in refusal-table.ts.
 * Knows nothing of HTTP replies; problem.ts writes those.
 */
import { MEANINGS } from "./refusal-meanings.built.ts";
import type { REFUSALS } from "./refusal-table.ts";

export type RefusalCode = keyof typeof REFUSALS;

/** One cause inside a refusal: which part of the request, and what holds now. */
export interface RefusalError {
  readonly pointer: string;
  readonly code: RefusalCode;
  readonly detail: string;
  readonly etag?: string | null;
  /** Of a key that the request does not name: which one it is, and the revision that is in the way. */
  readonly namespace?: string;
  readonly key?: string;
  readonly revision?: number;
}

export interface Refusal<C extends RefusalCode = RefusalCode> {
  readonly ok: false;
  readonly code: C;
  /** What is wrong and what to do next, in a sentence or two. Never a value or a secret. */
  readonly detail: string;
  readonly errors?: readonly RefusalError[];
  /** Members of the problem document that go with a code: `oldest`, `sharedRevision`, `limit`, `size`. */
  readonly members?: Readonly<Record<string, number | string | boolean>>;
  /** Headers that go with it: Allow, ETag. */
  readonly headers?: readonly (readonly [string, string])[];
}

export type Outcome<T, C extends RefusalCode = RefusalCode> =
  | { readonly ok: true; readonly value: T }
  | Refusal<C>;

export function accept<T>(value: T): { readonly ok: true; readonly value: T } {
  return { ok: true, value };
}

export function refuse<C extends RefusalCode>(
  code: C,
  detail: string,
  more?: Pick<Refusal, "errors" | "members" | "headers">,
): Refusal<C> {
  return { ok: false, code, detail, ...more };
}

/** Status and sentence of a code, with `retryable` filled in. */
export function meaningOf(code: RefusalCode): { status: number; title: string; retryable: boolean } {
  const at = MEANINGS.indexOf(`\n${code} `) + 1;
  const [, status, retryable, ...title] = MEANINGS.slice(at, MEANINGS.indexOf("\n", at)).split(" ");
  return { status: Number(status), title: title.join(" "), retryable: retryable === "retryable" };
}
