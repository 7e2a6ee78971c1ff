/**
 * POST /v1/admin/bootstrap: the first token, made by whoever knows the bootstrap secret. The caller makes the
 * token's secret and sends its digest, so the same request again finds it made: a lost answer loses nothing,
 * and of many at once one makes it. An empty store beside a bucket with backups needs a word first.
 */
import type { Token } from "../../lib/api/admin-answers.ts";
import type { BootstrapBody } from "../../lib/api/admin-bodies.ts";
import type { Input } from "../../lib/api/typed.ts";
import { equalDigests } from "../../lib/core/hex.ts";
import { refuse } from "../../lib/core/refusal.ts";
import { rootDocument, type TokenDocument, tokenKey } from "../../lib/core/token.ts";
import type { Context } from "../../lib/http/context.ts";
import { judgeFirstHistory } from "../../lib/http/first-history.ts";
import type { Answer, Result } from "../../lib/http/result.ts";
import { findSetting } from "../../lib/store/documents/settings.ts";
import { writeSetting } from "./settings-write.ts";
import { tokenReply, writtenReply } from "./token-view.ts";

export function postBootstrap(input: Input<"bootstrap">, context: Context): Result<Token> {
  const { world, view, waited } = context;
  const { body } = input;
  if (body.name.startsWith("_")) return refuse("invalid_body", "Names that begin with _ are Ledge's own.");
  const made = repeated(context, body);
  if (made !== undefined) return made;
  const lost = judgeFirstHistory(world, { fresh: body.fresh === true });
  if (lost !== undefined) return lost;
  const json = JSON.stringify(rootDocument(body, { creator: "_bootstrap", nowMs: world.nowMs() }));
  const state = { ifRevision: 0, ifLineage: null };
  return writeSetting(
    context,
    {
      change: { namespace: "_auth", key: tokenKey(body.accessor), json, state },
      words: { ...input, requestId: null },
      proposer: { kind: "reserved", actor: "_bootstrap" },
    },
    (written) => writtenReply(json, written, { status: 201 }),
    // Somebody else was faster: judge it again, since it may have been this very request, sent twice.
    (refusal) =>
      view.head === 0 && !waited.ended ? { park: { until: "head", revision: 1, seconds: 1 } } : refusal,
  );
}

/** The answer when this request has made its token before. */
function repeated({ world }: Context, { name, accessor, digest }: BootstrapBody): Answer<Token> | undefined {
  const found = findSetting(world.db, "_auth", tokenKey(accessor));
  if (found === undefined) return undefined;
  const token: TokenDocument = JSON.parse(found.json);
  const same = token.name === name && equalDigests(token.digest, digest) && token.creator === "_bootstrap";
  return same && token.revokedMs === null ? tokenReply(world.db, accessor) : undefined;
}
