/** Proposals that were decided on, newest first, as history has them: for who may read every key of them, and its history. */
import type { ProposalEntry } from "../../../lib/api/proposal-answers.ts";
import type { Input } from "../../../lib/api/typed.ts";
import { accept, type Outcome, refuse } from "../../../lib/core/refusal.ts";
import type { Decision } from "../../../lib/core/review/document.ts";
import { formatTime } from "../../../lib/core/time.ts";
import type { Context } from "../../../lib/http/context.ts";
import { type DecidedProposal, listDecided } from "../../../lib/store/documents/decided.ts";
import { entryOf, type ProposalsFound } from "./entry.ts";
import { holdsOverAll, keptFrom } from "./kept.ts";

type DecidedState = Exclude<Input<"listProposals">["state"], "open">;

/** Refuses `forbidden`. Throws StoreFault. */
export function decidedPage(
  state: DecidedState,
  { after, limit }: { readonly after: string; readonly limit: number },
  context: Context,
): Outcome<ProposalsFound, "forbidden"> {
  if (!context.caller.grants.some(({ verbs }) => verbs.includes("history")))
    return refuse("forbidden", "This needs the verbs read and history: what was decided is history.");
  const before = after === "" ? Number.MAX_SAFE_INTEGER : Number(after);
  const found = listDecided(context.world.db, { before, limit: limit + 1 });
  const shown = found.slice(0, limit).flatMap((row) => entryFrom(row, context) ?? []);
  const last = found.length > limit ? found[limit - 1] : undefined;
  return accept({
    shown: shown.filter(({ decided }) => state === "decided" || decided?.state === state),
    last: last === undefined ? undefined : String(last.revision),
  });
}

/** Undefined for one that the caller may not see. */
function entryFrom(row: DecidedProposal, context: Context): ProposalEntry | undefined {
  const { key, revision, timeMs, author, message, applied, json } = row;
  const kept = keptFrom({ key, json, revision });
  if (!holdsOverAll(context, kept.body, "read") || !holdsOverAll(context, kept.body, "history"))
    return undefined;
  const { what, reason } = decisionIn(message ?? "");
  return {
    ...entryOf(kept, context),
    // It counted then.
    ...(kept.approved === undefined ? {} : { approved: { ...kept.approved, void: false } }),
    decided: {
      state: what,
      at: formatTime(timeMs),
      who: author ?? "",
      ...(reason === "" ? {} : { reason }),
      revision: applied ?? revision,
    },
  };
}

/** What stands in the commit that took it away: a word, and perhaps a reason behind it. */
function decisionIn(message: string): { readonly what: Decision; readonly reason: string } {
  const [, word, reason = ""] = /^(rejected|withdrawn)(?:: (.*))?$/s.exec(message) ?? [];
  return { what: word === "rejected" || word === "withdrawn" ? word : "applied", reason };
}
