/** What a body says of its commit besides the changes. */
import type { CommitBody } from "../api/commit-body.ts";
import { accept, type Outcome, refuse } from "../core/refusal.ts";

interface Said {
  readonly body: Pick<CommitBody, "message" | "author" | "meta" | "override">;
  /** Of the parameter or the header. */
  readonly message: string | null;
}

export interface SaidWords {
  readonly message: string | null;
  readonly author: string | null;
  /** As JSON text. */
  readonly meta: string | null;
  /** The reason of an override. */
  readonly override?: string;
}

/** Refuses `bad_parameter`: two messages. */
export function commitWords({ body, message }: Said): Outcome<SaidWords, "bad_parameter"> {
  if (body.message !== undefined && message !== null)
    return refuse("bad_parameter", "Give the message once: in the body or as ?message=.");
  return accept({
    message: body.message ?? message,
    author: body.author ?? null,
    meta: body.meta === undefined ? null : JSON.stringify(body.meta),
    ...(body.override === undefined ? {} : { override: body.override.reason }),
  });
}
