/** That somebody has approved a proposal, and that it waits to be applied. */
import type { ProposalEntry } from "../../../../lib/api/proposal-answers.ts";
import { shownName } from "../../parts/shown-text.ts";

export function Approved({ approved }: { approved: NonNullable<ProposalEntry["approved"]> }) {
  return approved.void ? (
    <span class="tag warn">to be approved again</span>
  ) : (
    <span class="tag good">approved by {shownName(approved.byName)}, not applied</span>
  );
}
