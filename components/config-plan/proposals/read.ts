/** GET /v1/proposals and /v1/proposals/{id}: what waits for a second person or to be applied, for who may read all of it. */
import type { ProposalAnswer, ProposalsPage } from "../../../lib/api/proposal-answers.ts";
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
import { decidedPage } from "./decided.ts";
import { entryOf, headOf, type ProposalsFound } from "./entry.ts";
import { asSent, findKept, holdsOverAll, isOfFormer, keptFrom } from "./kept.ts";
import { planUnderReview } from "./propose.ts";

/** One may have 512 KiB, and a libSQL server answers with 10 MB at most. */
const PAGE = 16;

export function getProposals(input: Input<"listProposals">, context: Context): Result<ProposalsPage> {
  const after = afterOf(input, context);
  if (!after.ok) return after;
  const { state } = input;
  const asked = { after: after.value, limit: PAGE };
  const found = state === "open" ? accept(openPage(asked, context)) : decidedPage(state, asked, context);
  if (!found.ok) return found;
  const { shown, last } = found.value;
  const { lineage, head } = context.view;
  return nextPage(
    { start: '{"proposals":', items: [JSON.stringify(shown)], end: "" },
    { revision: head, head, lineage },
    last === undefined
      ? null
      : {
          path: "/v1/proposals",
          query: { state: state === "open" ? null : state, limit: null },
          cursor: sealCursor(
            { kind: "proposals", lineage, revision: head, filter: [state], after: last },
            sealFor(context),
          ),
        },
  );
}

function openPage(
  { after, limit }: { readonly after: string; readonly limit: number },
  context: Context,
): ProposalsFound {
  const found = listSettings(context.world.db, "_system", { prefix: PROPOSAL, after, limit: limit + 1 });
  const kept = found.slice(0, limit).map(keptFrom);
  const shown = kept.filter(
    (one) => one.by === context.caller.accessor || holdsOverAll(context, one.body, "read"),
  );
  return {
    shown: shown.map((one) => entryOf(one, context)),
    last: found.length > limit ? found[limit - 1]?.key : undefined,
  };
}

function afterOf({ cursor, state }: Input<"listProposals">, context: Context): Outcome<string> {
  if (cursor === undefined) return accept("");
  const opened = openCursor(cursor, { kind: "proposals", filter: [state] }, sealFor(context));
  return opened.ok ? accept(opened.value.after) : opened;
}

export function getProposal({ id }: Input<"readProposal">, context: Context): Result<ProposalAnswer> {
  const kept = findKept(id, context);
  if (!kept.ok) return kept;
  const { body, content, planDigest } = kept.value;
  const plan = planUnderReview({ body, message: null, trace: null }, asSent(kept.value, context));
  if (!plan.ok) return plan;
  const isVoid = plan.value.planDigest !== planDigest || isOfFormer(kept.value, context);
  const told = JSON.stringify({ ...headOf(kept.value, context), void: isVoid, plan: plan.value });
  const { lineage, head } = context.view;
  return textReply(
    200,
    `${told.slice(0, -1)},"commit":${content}}`,
    shownHeaders({ revision: head, head, lineage }),
  );
}
