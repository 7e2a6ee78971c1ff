/**
 * POST /v1/admin/recover: a root token for an hour, made by whoever knows the recovery secret, when no root token works
 * any more. As with bootstrap the caller makes the token's secret, so that a lost answer loses nothing. The rules of the
 * commit hold it to one hour and to one such token at a time, and its actor `_recovery` stands in the log.
 */
import type { Token } from "../../lib/api/admin-answers.ts";
import type { RecoverBody } from "../../lib/api/admin-bodies.ts";
import type { Input } from "../../lib/api/typed.ts";
import { equalDigests } from "../../lib/core/hex.ts";
import { refuse } from "../../lib/core/refusal.ts";
import { isLive, RECOVERY_MS, rootDocument, type TokenDocument, tokenKey } from "../../lib/core/token.ts";
import type { Context } from "../../lib/http/context.ts";
import { RACE_SECONDS } from "../../lib/http/freshness.ts";
import type { Answer, Result } from "../../lib/http/result.ts";
import { findSetting } from "../../lib/store/documents/settings.ts";
import { writeSetting } from "./settings-write.ts";
import { tokenReply, writtenReply } from "./token-view.ts";

export function postRecover(input: Input<"recover">, context: Context): Result<Token> {
  const { view, waited, nowMs } = context;
  const { body } = input;
  if (body.name.startsWith("_")) return refuse("invalid_body", "Names that begin with _ are Ledge's own.");
  const made = repeated(context, body);
  if (made !== undefined) return made;
  const root = rootDocument(body, { creator: "_recovery", nowMs });
  const json = JSON.stringify({ ...root, expiresMs: nowMs + RECOVERY_MS });
  const state = { ifRevision: 0, ifLineage: null };
  return writeSetting(
    context,
    {
      change: { namespace: "_auth", key: tokenKey(body.accessor), json, state },
      words: { ...input, requestId: null },
      proposer: { kind: "reserved", actor: "_recovery" },
    },
    (written) => writtenReply(json, written, { status: 201 }),
    (refusal) => {
      // Made meanwhile, perhaps by this very request, sent twice: judge it again.
      const again = refusal.code === "exists" && !waited.ended && waited.ms < RACE_SECONDS * 1000;
      return again ? { park: { until: "head", revision: view.head + 1, seconds: RACE_SECONDS } } : refusal;
    },
  );
}

/** The answer when this request has made its token before, and that still lives. */
function repeated(
  { world, nowMs }: Context,
  { name, accessor, digest }: RecoverBody,
): Answer<Token> | undefined {
  const found = findSetting(world.db, "_auth", tokenKey(accessor));
  if (found === undefined) return undefined;
  const token: TokenDocument = JSON.parse(found.json);
  const same = token.name === name && equalDigests(token.digest, digest) && token.creator === "_recovery";
  return same && isLive(token, nowMs) ? tokenReply(world.db, accessor) : undefined;
}
