/** A proposal as the store keeps it, read for a caller; and its document as a change of `_proposal`. */
import type { CommitBody } from "../../../lib/api/commit-body.ts";
import { allowsKey, type Verb } from "../../../lib/core/grant.ts";
import { accept, type Outcome, refuse } from "../../../lib/core/refusal.ts";
import { PROPOSAL, type ProposalHead, parseProposal } from "../../../lib/core/review/document.ts";
import { encodeUtf8 } from "../../../lib/core/utf8.ts";
import type { Context } from "../../../lib/http/context.ts";
import type { Proposed } from "../../../lib/http/propose.ts";
import { findSetting, type Setting } from "../../../lib/store/documents/settings.ts";

export interface KeptProposal extends ProposalHead {
  readonly id: string;
  /** The body of the commit, and its text. */
  readonly body: CommitBody;
  readonly content: string;
  readonly revision: number;
}

/** What was kept by postProposal, whose body was judged by its schema. */
export function keptFrom({ key, json, revision }: Setting): KeptProposal {
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

/** Who may not read every key of it is told what is told of one that is not there. One's own is always seen. */
export function findKept(id: string | null, context: Context): Outcome<KeptProposal, "not_found"> {
  const setting = findSetting(context.world.db, "_system", PROPOSAL + id);
  const kept = setting === undefined ? undefined : keptFrom(setting);
  const seen =
    kept !== undefined && (kept.by === context.caller.accessor || holdsOverAll(context, kept.body, "read"));
  if (seen) return accept(kept);
  return refuse("not_found", "There is no such proposal: it was never there, or somebody has decided on it.");
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

/** As who stands in the commit of `_proposal`. */
export function nameOf({ caller }: Pick<Context, "caller">): string {
  return `${caller.token?.name ?? ""} (${caller.accessor ?? ""})`.slice(0, 200);
}
