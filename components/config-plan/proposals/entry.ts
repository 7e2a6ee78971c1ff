/** A proposal as lists show it: who wants it and why, who has approved it, and how many changes it has. */
import type { ProposalEntry } from "../../../lib/api/proposal-answers.ts";
import { isLive, tokenKey, tokenOf } from "../../../lib/core/token.ts";
import type { Context } from "../../../lib/http/context.ts";
import { findSetting } from "../../../lib/store/documents/settings.ts";
import type { KeptProposal } from "./kept.ts";

/** A page: what is shown of it, and behind what the next one begins, where there is more. */
export interface ProposalsFound {
  readonly shown: readonly ProposalEntry[];
  readonly last: string | undefined;
}

export function entryOf(kept: KeptProposal, context: Context): ProposalEntry {
  return { ...headOf(kept, context), changes: kept.body.changes.length };
}

export function headOf(
  { id, by, byName, created, planDigest, approved, body: { message } }: KeptProposal,
  context: Context,
): Omit<ProposalEntry, "changes"> {
  return {
    id,
    by,
    byName,
    created,
    planDigest,
    ...(message === undefined ? {} : { message }),
    ...(approved === undefined
      ? {}
      : { approved: { ...approved, void: !isLiveToken(approved.by, context) } }),
  };
}

/** As the commit that rests on its approval will ask. */
function isLiveToken(accessor: string, { world, nowMs }: Context): boolean {
  const setting = findSetting(world.db, "_auth", tokenKey(accessor));
  return setting !== undefined && isLive(tokenOf(setting.json), nowMs);
}
