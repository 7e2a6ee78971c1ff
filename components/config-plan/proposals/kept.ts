/** A proposal as the store keeps it, read for a caller; and its document as a change of `_proposal`. */
import type { CommitBody } from "../../../lib/api/commit-body.ts";
import { allowsKey, type Verb } from "../../../lib/core/grant.ts";
import { accept, type Outcome, refuse } from "../../../lib/core/refusal.ts";
import { PROPOSAL, type ProposalHead, parseProposal } from "../../../lib/core/review/document.ts";
import { encodeUtf8 } from "../../../lib/core/utf8.ts";
import type { Context } from "../../../lib/http/context.ts";
import type { Proposed } from "../../../lib/http/propose.ts";
import { readNewestMade } from "../../../lib/store/commit/plan.ts";
import { findLastProposed } from "../../../lib/store/documents/decided.ts";
import { findSetting, type Setting } from "../../../lib/store/documents/settings.ts";

export interface KeptProposal extends ProposalHead {
  readonly id: string;
  /** The body of the commit, and its text. */
  readonly body: CommitBody;
  readonly content: string;
  readonly revision: number;
}

/** What was kept by postProposal, whose body was judged by its schema. */
export function keptFrom({ key, json, revision }: Pick<Setting, "key" | "json" | "revision">): KeptProposal {
  const parsed = parseProposal(json);
  if (parsed === undefined) throw new Error("a proposal is kept in its shape");
  return { ...parsed, id: key.slice(PROPOSAL.length), body: JSON.parse(parsed.content), revision };
}

export function holdsOverAll(
  { caller }: Pick<Context, "caller">,
  { changes }: Pick<CommitBody, "changes">,
  verb: Verb,
): boolean {
  return changes.every(({ namespace, key }) => allowsKey(caller.grants, verb, namespace, key));
}

/** Who may see none of it is told what is told of one that is not there. */
export function findKept(
  id: string | null,
  context: Context,
  seenBy: Verb = "read",
): Outcome<KeptProposal, "not_found"> {
  const setting = findSetting(context.world.db, "_system", PROPOSAL + id);
  const kept = setting === undefined ? undefined : keptFrom(setting);
  if (kept !== undefined && isSeen(kept, context, seenBy)) return accept(kept);
  return refuse("not_found", "There is no such proposal: it was never there, or somebody has decided on it.");
}

/** As it was when somebody decided on it. */
export function findDecided(
  id: string | null,
  context: Context,
  seenBy: Verb = "read",
): KeptProposal | undefined {
  const last = findLastProposed(context.world.db, PROPOSAL + id);
  const kept = last === undefined ? undefined : keptFrom({ key: PROPOSAL + id, ...last });
  return kept !== undefined && isSeen(kept, context, seenBy) ? kept : undefined;
}

/** Who may read every key of it sees it, or apply it whoever may write each. One's own is always seen. */
function isSeen({ by, body }: KeptProposal, context: Context, seenBy: Verb): boolean {
  const { accessor } = context.caller;
  return by === accessor || holdsOverAll(context, body, "read") || holdsOverAll(context, body, seenBy);
}

/**
 * Whether a namespace of it was deleted and made again since: what creates documents would fit the new one, too. Its document is
 * older than that in any case, since an approval writes it anew only where this is not so. Throws StoreFault.
 */
export function isOfFormer({ body, revision }: KeptProposal, { world }: Context): boolean {
  const names = new Set(body.changes.map(({ namespace }) => namespace));
  return readNewestMade(world.db, [...names]) > revision;
}

/** The request as if the content had been sent with it: values are cut out of its very text. */
export function asSent({ content }: Pick<KeptProposal, "content">, context: Context): Context {
  return { ...context, request: { ...context.request, body: encodeUtf8(content) } };
}

/** Keeps the document, or takes it away where `json` is null. */
export function documentChange(
  {
    id,
    json,
    ifRevision,
  }: { readonly id: string; readonly json: string | null; readonly ifRevision: number },
  words: { readonly message: string | null; readonly author: string | null; readonly trace: string | null },
): Proposed {
  const body = encodeUtf8(json ?? "");
  const place = { namespace: "_system", key: PROPOSAL + id, ifRevision, ifLineage: null, at: 0 } as const;
  return {
    proposer: { kind: "reserved", actor: "_proposal" },
    door: "admin",
    requestId: null,
    meta: null,
    ...words,
    ops: [
      json === null
        ? { op: "delete", ...place, mediaType: null, size: 0, text: false }
        : { op: "put", ...place, mediaType: "application/json", size: body.length, text: true },
    ],
    body,
  };
}
