/**
 * POST /v1/admin/recover: a root token for an hour, made by whoever knows the recovery secret, when no root token works
 * any more. As with bootstrap the caller makes the token's secret, so that a lost answer loses nothing. The rules of the
 * commit hold it to one hour and to one such token at a time, and its actor `_recovery` stands in the log.
 */
import type { Token } from "../../lib/api/admin-answers.ts";
import type { Input } from "../../lib/api/typed.ts";
import { isLive, RECOVERY_MS, rootDocument } from "../../lib/core/token.ts";
import type { Context } from "../../lib/http/context.ts";
import { RACE_SECONDS } from "../../lib/http/freshness.ts";
import type { Result } from "../../lib/http/result.ts";
import { judgeTokenName, madeBefore, writeRoot } from "./standing-root.ts";
import { tokenReply } from "./token-view.ts";

export function postRecover(input: Input<"recover">, context: Context): Result<Token> {
  const { world, view, waited, nowMs } = context;
  const { body } = input;
  const misnamed = judgeTokenName(body);
  if (misnamed !== undefined) return misnamed;
  const made = madeBefore(world.db, body, "_recovery");
  // One that has ended is not given again.
  if (made !== undefined && isLive(made, nowMs)) return tokenReply(world.db, body.accessor);
  const document = {
    ...rootDocument(body, { creator: "_recovery", nowMs }),
    expiresMs: nowMs + RECOVERY_MS,
  };
  return writeRoot(
    context,
    { document, accessor: body.accessor, words: input },
    {
      actor: "_recovery",
      refused(refusal) {
        const again = refusal.code === "exists" && !waited.ended && waited.ms < RACE_SECONDS * 1000;
        return again ? { park: { until: "head", revision: view.head + 1, seconds: RACE_SECONDS } } : refusal;
      },
    },
  );
}
