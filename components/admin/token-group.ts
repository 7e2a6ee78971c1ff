/**
 * DELETE /v1/admin/tokens?name=: a group of tokens, which is what begins with one name, ends in one commit. What is made
 * while that goes on is not among them, and is seen in the list afterwards.
 */
import type { TokensPage } from "../../lib/api/admin-answers.ts";
import type { Input } from "../../lib/api/typed.ts";
import { COMMIT_LIMITS } from "../../lib/core/commit/limits.ts";
import { refuse } from "../../lib/core/refusal.ts";
import { isLive, tokenOf } from "../../lib/core/token.ts";
import type { Context } from "../../lib/http/context.ts";
import { RACE_SECONDS, waitFor } from "../../lib/http/freshness.ts";
import { jsonReply } from "../../lib/http/reply.ts";
import type { Result } from "../../lib/http/result.ts";
import { readVisible } from "./settings-page.ts";
import { writeSetting } from "./settings-write.ts";
import { tokenView } from "./token-view.ts";
import { revocation, tokensWithin } from "./tokens.ts";

export function deleteTokens(input: Input<"revokeTokens">, context: Context): Result<TokensPage> {
  const { namePrefix } = input;
  if (namePrefix === "") return refuse("bad_parameter", "name says with what the names of the tokens begin.");
  const { world, nowMs, view } = context;
  const { shows, ...place } = tokensWithin(context, namePrefix);
  const living = readVisible(
    world.db,
    { ...place, shows: (one) => shows(one) && isLive(tokenOf(one.json), nowMs) },
    { after: "", count: COMMIT_LIMITS.changes + 1 },
  );
  if (living.length > COMMIT_LIMITS.changes)
    return refuse(
      "too_many_changes",
      `A commit holds at most ${COMMIT_LIMITS.changes} changes, and more living tokens are named so. Name fewer of them.`,
      { members: { limit: COMMIT_LIMITS.changes } },
    );
  const [change, ...more] = living.map((one) => revocation(one, nowMs));
  if (change === undefined) return jsonReply(200, { tokens: [] });
  return writeSetting<TokensPage>(
    context,
    { change, more, words: { ...input, requestId: null } },
    ({ outcome: { revision } }) =>
      jsonReply(200, {
        tokens: [change, ...more].map(({ key, json }) => tokenView({ key, json, revision })),
      }),
    // Somebody else changed one of them meanwhile: look again.
    (refused) =>
      (refused.code === "stale" ? waitFor(view.head + 1, RACE_SECONDS, context) : undefined) ?? refused,
  );
}
