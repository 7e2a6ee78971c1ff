/** What a revert asks for, out of the members of its body: commits to undo, or a place and the state to put it back to. */
import type { RevertBody } from "../../lib/api/revert-body.ts";
import { judgeKey } from "../../lib/core/key.ts";
import { isReserved, judgeNamespace, reservedNamespace } from "../../lib/core/namespace.ts";
import { type Point, parsePoint } from "../../lib/core/point.ts";
import { accept, type Outcome, type Refusal, refuse } from "../../lib/core/refusal.ts";

export type Wish =
  | { readonly kind: "undo"; readonly revisions: readonly number[]; readonly settled: Settled }
  | {
      readonly kind: "back";
      readonly namespace: string;
      /** A key, or a prefix. */
      readonly from: string;
      readonly exact: boolean;
      readonly to: Point;
    };

/** What becomes of keys that were changed again. */
export interface Settled {
  readonly all: Choice | undefined;
  readonly keys: readonly { readonly namespace: string; readonly key: string; readonly conflicts: Choice }[];
}
export type Choice = "ours" | "theirs";

type Members = Pick<
  RevertBody,
  "commit" | "commits" | "namespace" | "prefix" | "key" | "to" | "conflicts" | "keys"
>;

/** Refuses `invalid_body`, `bad_namespace`, `bad_key` and `reserved_namespace`. */
export function wishOf(body: Members): Outcome<Wish> {
  const { commit, commits, namespace } = body;
  const named = [commit, commits, namespace].filter((member) => member !== undefined);
  if (named.length !== 1)
    return refuse(
      "invalid_body",
      "Say what to revert in one way: commit, commits, or namespace with prefix or key, and to.",
    );
  return namespace === undefined ? undo(commit === undefined ? (commits ?? []) : [commit], body) : back(body);
}

function undo(revisions: readonly number[], { prefix, key, to, conflicts, keys }: Members): Outcome<Wish> {
  if ((prefix ?? key ?? to) !== undefined)
    return refuse("invalid_body", "prefix, key and to go with namespace, and not with commits.");
  return accept({
    kind: "undo",
    revisions: [...new Set(revisions)],
    settled: { all: conflicts, keys: keys ?? [] },
  });
}

function back({ namespace = "", prefix, key, to, conflicts, keys }: Members): Outcome<Wish> {
  if ((conflicts ?? keys) !== undefined)
    return refuse("invalid_body", "conflicts and keys go with commits: to puts back whatever came after it.");
  if ((prefix === undefined) === (key === undefined))
    return refuse("invalid_body", "namespace needs prefix or key; the empty prefix is all of it.");
  const misnamed = judgePlace(namespace, prefix, key);
  if (misnamed !== undefined) return misnamed;
  const point = to === undefined ? undefined : parsePoint(String(to));
  if (point === undefined)
    return refuse("invalid_body", "to is a revision, or a moment as in 2027-01-31T12:00:00Z.", {
      errors: [{ pointer: "/to", code: "invalid_body", detail: "a revision or a moment" }],
    });
  return accept({
    kind: "back",
    namespace,
    from: key ?? prefix ?? "",
    exact: key !== undefined,
    to: point,
  });
}

function judgePlace(
  namespace: string,
  prefix: string | undefined,
  key: string | undefined,
): Refusal | undefined {
  const named = judgeNamespace(namespace);
  if (!named.ok) return named;
  if (isReserved(namespace)) return reservedNamespace();
  if (prefix?.includes("\0") === true)
    return refuse("invalid_body", "A prefix holds no zero byte, since no key does.");
  if (key === undefined) return undefined;
  const judged = judgeKey(key);
  return judged.ok ? undefined : judged;
}
