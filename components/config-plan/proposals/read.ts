/** GET /v1/proposals and /v1/proposals/{id}: what waits for a second person, for who may read all of it. */
import type { ProposalAnswer, ProposalEntry, ProposalsPage } from "../../../lib/api/proposal-answers.ts";
import type { Input } from "../../../lib/api/typed.ts";
import { accept, type Outcome } from "../../../lib/core/refusal.ts";
import { PROPOSAL } from "../../../lib/core/review/document.ts";
import { openCursor, sealCursor } from "../../../lib/core/sealed-cursor.ts";
import type { Context } from "../../../lib/http/context.ts";
import { nextPage } from "../../../lib/http/next-page.ts";
import { shownHeaders, textReply } from "../../../lib/http/reply.ts";
import type { Result } from "../../../lib/http/result.ts";
import { sealFor } from "../../../lib/http/seal.ts";
import { listSettings } from "../../../lib/store/documents/settings.ts";
import { asSent, findKept, holdsOverAll, type KeptProposal, keptFrom } from "./kept.ts";
import { planUnderReview } from "./propose.ts";

/** One may have 512 KiB, and a libSQL server answers with 10 MB at most. */
const PAGE = 16;

export function getProposals(input: Input<"listProposals">, context: Context): Result<ProposalsPage> {
  const after = afterOf(input, context);
  if (!after.ok) return after;
  const { world, view, caller } = context;
  const found = listSettings(world.db, "_system", { prefix: PROPOSAL, after: after.value, limit: PAGE + 1 });
  const kept = found.slice(0, PAGE).map(keptFrom);
  const shown = kept.filter((one) => one.by === caller.accessor || holdsOverAll(context, one.body, "read"));
  const { lineage, head } = view;
  const last = found.length > PAGE ? found[PAGE - 1] : undefined;
  return nextPage(
    { start: '{"proposals":', items: [JSON.stringify(shown.map(entryOf))], end: "" },
    { revision: head, head, lineage },
    last === undefined
      ? null
      : {
          path: "/v1/proposals",
          query: { limit: null },
          cursor: sealCursor(
            { kind: "proposals", lineage, revision: head, filter: [], after: last.key },
            sealFor(context),
          ),
        },
  );
}

function afterOf({ cursor }: Input<"listProposals">, context: Context): Outcome<string> {
  if (cursor === undefined) return accept("");
  const opened = openCursor(cursor, { kind: "proposals", filter: [] }, sealFor(context));
  return opened.ok ? accept(opened.value.after) : opened;
}

function entryOf({ id, by, byName, created, planDigest, body }: KeptProposal): ProposalEntry {
  const { message, changes } = body;
  return {
    id,
    by,
    byName,
    created,
    planDigest,
    ...(message === undefined ? {} : { message }),
    changes: changes.length,
  };
}

export function getProposal({ id }: Input<"readProposal">, context: Context): Result<ProposalAnswer> {
  const kept = findKept(id, context);
  if (!kept.ok) return kept;
  const { body, content, planDigest } = kept.value;
  const plan = planUnderReview({ body, message: null, trace: null }, asSent(kept.value, context));
  if (!plan.ok) return plan;
  const { changes: _, ...entry } = entryOf(kept.value);
  const told = JSON.stringify({ ...entry, void: plan.value.planDigest !== planDigest, plan: plan.value });
  const { lineage, head } = context.view;
  return textReply(
    200,
    `${told.slice(0, -1)},"commit":${content}}`,
    shownHeaders({ revision: head, head, lineage }),
  );
}
