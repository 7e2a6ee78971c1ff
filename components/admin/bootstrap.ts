/**
 * POST /v1/admin/bootstrap: the first token, made by whoever knows the bootstrap secret. The caller makes the
 * token's secret and sends its digest, so the same request again finds it made: a lost answer loses nothing,
 * and of many at once one makes it. An empty store beside a bucket with backups needs a word first.
 */

import { BootstrapBody } from "../../lib/api/admin-bodies.ts";
import { equalDigests } from "../../lib/core/hex.ts";
import { refuse } from "../../lib/core/refusal.ts";
import { rootDocument, type TokenDocument, tokenKey } from "../../lib/core/token.ts";
import type { Answer, Door } from "../../lib/http/answer.ts";
import { judgeJsonHeaders, parseJsonBody } from "../../lib/http/body.ts";
import { judgeBootstrapSecret } from "../../lib/http/bootstrap-secret.ts";
import { judgeStore } from "../../lib/http/caller.ts";
import { judgeFirstHistory } from "../../lib/http/first-history.ts";
import type { Target } from "../../lib/http/route.ts";
import { findSetting } from "../../lib/store/documents/settings.ts";
import { readView } from "../../lib/store/documents/view.ts";
import { parseWords, writeSetting } from "./settings-write.ts";
import { tokenReply } from "./token-view.ts";

const BODY_BYTES_MAX = 4096;

export function postBootstrap(door: Door, { query }: Target): Answer {
  const unfit = judgeStore(readView(door.world.db, null, null), door);
  if (unfit !== undefined) return unfit;
  const known = judgeBootstrapSecret(door);
  if (!known.ok) return known;
  const words = parseWords(door, query);
  if (!words.ok) return words;
  const type = judgeJsonHeaders(words.value.headers["content-type"], words.value.headers["content-encoding"]);
  if (!type.ok) return type;
  const body = parseJsonBody(door.world.db, door.request, {
    schema: BootstrapBody,
    bytesMax: BODY_BYTES_MAX,
  });
  if (!body.ok) return body;
  if (body.value.name.startsWith("_"))
    return refuse("invalid_body", "Names that begin with _ are Ledge's own.");
  const made = repeated(door, body.value);
  if (made !== undefined) return made;
  const lost = judgeFirstHistory(door.world, { fresh: body.value.fresh === true });
  if (lost !== undefined) return lost;
  const document = rootDocument(body.value, { creator: "_bootstrap", nowMs: door.world.nowMs() });
  const change = {
    namespace: "_auth" as const,
    key: tokenKey(body.value.accessor),
    json: JSON.stringify(document),
    state: { ifRevision: 0, ifLineage: null },
  };
  const { message, trace } = words.value;
  const written = writeSetting(
    door,
    { kind: "reserved", actor: "_bootstrap" },
    {
      change,
      words: { message, trace, requestId: null },
    },
  );
  // Somebody else was faster; if it was this very request, sent twice, all is well.
  if (!written.ok) return repeated(door, body.value) ?? written;
  return tokenReply(door, body.value.accessor, { status: 201 });
}

/** The answer when this request has made its token before. */
function repeated(door: Door, { name, accessor, digest }: BootstrapBody): Answer | undefined {
  const found = findSetting(door.world.db, "_auth", tokenKey(accessor));
  if (found === undefined) return undefined;
  const token: TokenDocument = JSON.parse(found.json);
  const same = token.name === name && equalDigests(token.digest, digest) && token.creator === "_bootstrap";
  return same && token.revokedMs === null ? tokenReply(door, accessor, { status: 200 }) : undefined;
}
