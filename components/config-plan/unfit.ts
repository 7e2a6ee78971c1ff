/** The values of a plan against the schemas of their scopes, as its commit will have them judged. */
import type { Proposal } from "../../lib/core/commit/proposal.ts";
import type { CommitRefusal } from "../../lib/core/commit/verdict.ts";
import { judged, question, SCHEMA_CHECK, VALUES_PATH } from "../../lib/http/schema-check.ts";
import type { World } from "../../lib/http/world.ts";

/** What the commit would be refused for; `busy` where nobody can say. */
export function unfitValues(
  proposal: Proposal,
  unjudged: readonly number[],
  world: World,
): CommitRefusal | undefined {
  if (unjudged.length === 0) return undefined;
  const asked = question(proposal, unjudged);
  const found = judged(asked, world.chain?.(SCHEMA_CHECK, VALUES_PATH, asked.body), world);
  return "ok" in found ? found : undefined;
}
