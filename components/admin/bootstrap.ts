/**
 * POST /v1/admin/bootstrap: the first token, made by whoever knows the bootstrap secret. The caller makes the
 * token's secret and sends its digest, so the same request again finds it made: a lost answer loses nothing,
 * and of many at once one makes it. An empty store beside a bucket with backups needs a word first.
 */
import type { Token } from "../../lib/api/admin-answers.ts";
import type { Input } from "../../lib/api/typed.ts";
import { rootDocument } from "../../lib/core/token.ts";
import type { Context } from "../../lib/http/context.ts";
import { judgeFirstHistory } from "../../lib/http/first-history.ts";
import type { Result } from "../../lib/http/result.ts";
import { judgeTokenName, madeBefore, writeRoot } from "./standing-root.ts";
import { tokenReply } from "./token-view.ts";

export function postBootstrap(input: Input<"bootstrap">, context: Context): Result<Token> {
  const { world, view, waited } = context;
  const { body } = input;
  const misnamed = judgeTokenName(body);
  if (misnamed !== undefined) return misnamed;
  const made = madeBefore(world.db, body, "_bootstrap");
  if (made?.revokedMs === null) return tokenReply(world.db, body.accessor);
  const lost = judgeFirstHistory(world, { fresh: body.fresh === true });
  if (lost !== undefined) return lost;
  const document = rootDocument(body, { creator: "_bootstrap", nowMs: world.nowMs() });
  return writeRoot(
    context,
    { document, accessor: body.accessor, words: input },
    {
      actor: "_bootstrap",
      refused: (refusal) =>
        view.head === 0 && !waited.ended ? { park: { until: "head", revision: 1, seconds: 1 } } : refusal,
    },
  );
}
