/**
 * How new an answer must be: Ledge-Min-Revision. The origin is never stale, so Ledge-Max-Staleness is met; it is
 * behind only when somebody names a revision that this store has not come to.
 */
import { type Refusal, refuse } from "../core/refusal.ts";
import type { Context } from "./context.ts";
import type { Wait } from "./result.ts";

/** How long a change that takes whatever is there tries again where somebody else is faster. */
export const RACE_SECONDS = 1;

/** Waits for the revision as long as the request asks to, and then says `behind`. Undefined: new enough. */
export function judgeFreshness(
  { minRevision, wait }: { readonly minRevision: number; readonly wait: number },
  context: Context<{ readonly head: number }>,
): Refusal<"behind"> | Wait | undefined {
  const { head } = context.view;
  if (head >= minRevision) return undefined;
  return (
    waitFor(minRevision, wait, context) ??
    refuse("behind", `This node is at revision ${head}. Ask again in a moment, or ask another node.`, {
      members: { head },
      headers: [["ledge-head", String(head)]],
    })
  );
}

/**
 * A wait for a revision of the store, or for one that changes one of some namespaces; undefined when the request's time is over,
 * and for who has no token.
 */
export function waitFor(
  revision: number,
  seconds: number,
  { caller, waited }: Context<unknown>,
  namespaces: readonly string[] | null = null,
): Wait | undefined {
  if (caller.token === null || waited.ended || waited.ms >= seconds * 1000) return undefined;
  const about = namespaces === null ? {} : { namespaces };
  return { park: { until: "head", revision, seconds, ...about } };
}
