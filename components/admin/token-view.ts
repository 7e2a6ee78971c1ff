/** Tokens as they are shown: everything but the digest. */

import { type Refusal, refuse } from "../../lib/core/refusal.ts";
import { formatTime } from "../../lib/core/time.ts";
import { type TokenDocument, tokenKey } from "../../lib/core/token.ts";
import type { Answer, Door } from "../../lib/http/answer.ts";
import { jsonReply } from "../../lib/http/reply.ts";
import { findSetting, type Setting } from "../../lib/store/documents/settings.ts";

export function tokenView(setting: Setting): Record<string, unknown> {
  const token: TokenDocument = JSON.parse(setting.json);
  return {
    accessor: setting.key.slice("token/".length),
    name: token.name,
    grants: token.grants,
    creator: token.creator,
    created: formatTime(token.createdMs),
    ...(token.expiresMs === null ? {} : { expires: formatTime(token.expiresMs) }),
    ...(token.revokedMs === null ? {} : { revoked: formatTime(token.revokedMs) }),
    revision: setting.revision,
  };
}

/** One token, as it stands now. */
export function tokenReply(door: Door, accessor: string, { status }: { status: number }): Answer {
  const setting = findSetting(door.world.db, "_auth", tokenKey(accessor));
  if (setting === undefined) return noToken();
  return jsonReply(status, tokenView(setting), [
    ["etag", etagOf(setting)],
    ["ledge-revision", String(setting.revision)],
  ]);
}

export function etagOf({ revision, lineage }: Setting): string {
  return `"${revision}-${lineage}"`;
}

export function noToken(): Refusal<"not_found"> {
  return refuse("not_found", "There is no such token, or it is not yours to manage.");
}
