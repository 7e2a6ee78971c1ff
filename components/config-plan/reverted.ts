/**
 * A revert as operations: which keys it concerns, and what comes back at each. Promise: whoever may not change and see the
 * past of every one of them is told so and nothing else, whatever stands there; the state looked at is one revision's.
 */
import { judgeRevision } from "../../lib/core/ancestry.ts";
import { COMMIT_LIMITS } from "../../lib/core/commit/limits.ts";
import { allowsKey, type Grant, isRoot, type Verb } from "../../lib/core/grant.ts";
import { isReserved, reservedNamespace } from "../../lib/core/namespace.ts";
import { accept, type Outcome, type Refusal, type RefusalError, refuse } from "../../lib/core/refusal.ts";
import { scopeCoversKey } from "../../lib/core/scope.ts";
import type { AnsweredOp } from "../../lib/http/commit-reply.ts";
import type { Context } from "../../lib/http/context.ts";
import { judgeKept } from "../../lib/http/kept.ts";
import { requireNamespace } from "../../lib/http/namespace.ts";
import { concatenate } from "../../lib/http/reply.ts";
import { revisionAt } from "../../lib/store/documents/log.ts";
import {
  changedKeys,
  isKeptWhole,
  type RevertedKey,
  undoneKeys,
  valuesAt,
} from "../../lib/store/documents/revert.ts";
import { readView } from "../../lib/store/documents/view.ts";
import { unsettled } from "./conflicts.ts";
import type { Wish } from "./wish.ts";

export interface Reverted {
  readonly ops: readonly AnsweredOp[];
  readonly body: Uint8Array;
  /** By operation: the revision whose value comes back; null for a delete. */
  readonly from: readonly (number | null)[];
  /** Keys that were changed again, where nothing says what becomes of them. */
  readonly conflicts: readonly RefusalError[];
}

export interface Reverting {
  /** The newest revision that counts as now. */
  readonly at: number;
  /** What the caller must hold over every key. */
  readonly verbs: readonly Verb[];
}

/** How many keys of commits are looked through. */
const LOOKED_KEYS_MAX = 10_000;

/** Throws StoreFault. */
export function reverted(wish: Wish, context: Context, reverting: Reverting): Outcome<Reverted> {
  const found = wish.kind === "undo" ? undoneBy(wish, context, reverting) : backTo(wish, context, reverting);
  if (!found.ok) return found;
  const settled =
    wish.kind === "undo"
      ? unsettled(found.value, wish.settled)
      : accept({ keys: found.value.filter(({ same }) => !same), conflicts: [] });
  return settled.ok ? putBack(context, settled.value) : settled;
}

type Undo = Extract<Wish, { kind: "undo" }>;
type Back = Extract<Wish, { kind: "back" }>;

function undoneBy({ revisions }: Undo, { view, world, caller }: Context, { at, verbs }: Reverting) {
  for (const revision of revisions) {
    const known = judgeRevision(view, revision);
    if (!known.ok) return known;
  }
  const keys = undoneKeys(world.db, { revisions, at, limit: LOOKED_KEYS_MAX + 1 });
  const denied = judgeKeys(keys, caller.grants, verbs);
  if (denied !== undefined) return denied;
  if (keys.length > LOOKED_KEYS_MAX) return tooMany(keys.length);
  const oldest = keys.find(({ first, compacted }) => first - 1 < compacted);
  if (oldest !== undefined || !isKeptWhole(world.db, revisions))
    return refuse("compacted", "What the commits changed, or what stood there before, is no longer kept.", {
      members: { oldest: oldest?.compacted ?? view.compacted },
    });
  return accept(keys);
}

/** Whoever may not see a key is not told either that the commit is about one of Ledge's own. */
function judgeKeys(
  keys: readonly RevertedKey[],
  grants: readonly Grant[],
  verbs: readonly Verb[],
): Refusal | undefined {
  const seen = ({ namespace, key }: RevertedKey) =>
    isReserved(namespace) ? isRoot(grants) : verbs.every((verb) => allowsKey(grants, verb, namespace, key));
  if (!keys.every(seen)) return forbidden(verbs, "each key that the commits changed");
  return keys.some(({ namespace }) => isReserved(namespace)) ? reservedNamespace() : undefined;
}

function backTo({ namespace, from, exact, to }: Back, context: Context, { at, verbs }: Reverting) {
  const { world, caller, view } = context;
  const covers = ({ verbs: held, namespace: place, scope }: Grant, verb: Verb) =>
    held.includes(verb) &&
    (place === namespace || place === "*") &&
    (exact ? scopeCoversKey(scope, from) : scope === "" || (scope.endsWith("/") && from.startsWith(scope)));
  if (!verbs.every((verb) => caller.grants.some((grant) => covers(grant, verb))))
    return forbidden(verbs, `all that is put back in ${namespace}`);
  const there = readView(world.db, namespace, null);
  const absent = requireNamespace(namespace, there);
  if (absent !== undefined) return absent;
  const revision = to.revision ?? revisionAt(world.db, to.timeMs);
  const kept = judgeKept({ ...view, compacted: there.compacted }, revision);
  if (!kept.ok) return kept;
  const limit = COMMIT_LIMITS.changes + 1;
  return accept(changedKeys(world.db, { namespace, from, exact, to: revision, at, limit }));
}

function forbidden(verbs: readonly Verb[], place: string): Refusal<"forbidden"> {
  return refuse(
    "forbidden",
    `This needs the verbs ${verbs.join(", ")} over ${place}, which the token does not hold.`,
  );
}

interface Chosen {
  readonly keys: readonly RevertedKey[];
  readonly conflicts: readonly RefusalError[];
}

function putBack({ world }: Context, { keys, conflicts }: Chosen): Outcome<Reverted> {
  if (keys.length > COMMIT_LIMITS.changes) return tooMany(keys.length);
  const purged = keys.filter(({ was }) => was === "purged");
  if (purged.length > 0)
    return refuse("not_found", "A purge has taken a value that would come back. Put another value there.", {
      errors: purged.slice(0, 100).map(({ namespace, key }) => {
        const detail = "its former value was purged";
        return { pointer: "", code: "not_found", detail, namespace, key };
      }),
    });
  const size = keys.reduce((sum, { was }) => sum + (typeof was === "object" ? was.size : 0), 0);
  if (size > COMMIT_LIMITS.bodyBytes)
    return refuse(
      "too_large",
      `What comes back has ${size} bytes, and a commit ${COMMIT_LIMITS.bodyBytes}. Revert it in parts, by prefix or by key.`,
      { members: { limit: COMMIT_LIMITS.bodyBytes, size } },
    );
  const places = keys.flatMap(({ namespace, key, was }) =>
    typeof was === "object" ? [[namespace, key, was.revision] as const] : [],
  );
  return accept({
    ops: opsOf(keys),
    body: concatenate(places.length === 0 ? [] : valuesAt(world.db, places)),
    from: keys.map(({ was }) => (typeof was === "object" ? was.revision : null)),
    conflicts,
  });
}

/** Each names what stands there now, so that what comes in between is not undone unseen. */
function opsOf(keys: readonly RevertedKey[]): AnsweredOp[] {
  let end = 0;
  return keys.map(({ namespace, key, base, was }): AnsweredOp => {
    const place = { namespace, key, ifRevision: base, ifLineage: null };
    if (typeof was !== "object")
      return { op: "delete", ...place, mediaType: null, at: 0, size: 0, text: false };
    end += was.size;
    const { mediaType, size, text } = was;
    return { op: "put", ...place, mediaType, at: end - size, size, text };
  });
}

function tooMany(size: number): Refusal<"too_many_changes"> {
  const limit = COMMIT_LIMITS.changes;
  return refuse(
    "too_many_changes",
    `A revert changes at most ${limit} keys, and these are more. Revert in parts, by prefix or by key.`,
    { members: { limit, size } },
  );
}
