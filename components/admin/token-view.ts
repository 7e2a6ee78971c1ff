/** Tokens as they are shown: everything but the digest. */
import type { Token } from "../../lib/api/admin-answers.ts";
import { formatTime } from "../../lib/core/time.ts";
import { type TokenDocument, tokenKey } from "../../lib/core/token.ts";
import { noToken } from "../../lib/http/parameters.ts";
import { jsonReply } from "../../lib/http/reply.ts";
import type { Answer, Reply } from "../../lib/http/result.ts";
import { shownGrants } from "../../lib/http/shown-grants.ts";
import { readUsed } from "../../lib/store/catalogue/used.ts";
import { findSetting, type Setting } from "../../lib/store/documents/settings.ts";
import type { Db } from "../../lib/store/sqlite/driver.ts";
import { etagOf } from "./setting-etag.ts";
import type { Written } from "./settings-write.ts";

export function tokenView(
  { key, json, revision }: Pick<Setting, "key" | "json" | "revision">,
  lastUsed?: string,
): Token {
  const token: TokenDocument = JSON.parse(json);
  return {
    accessor: key.slice("token/".length),
    name: token.name,
    grants: shownGrants(token.grants),
    creator: token.creator,
    created: formatTime(token.createdMs),
    ...(token.expiresMs === null ? {} : { expires: formatTime(token.expiresMs) }),
    ...(token.revokedMs === null ? {} : { revoked: formatTime(token.revokedMs) }),
    revision,
    ...(lastUsed === undefined ? {} : { lastUsed }),
  };
}

/** One token, as it stands now. */
export function tokenReply(db: Db, accessor: string): Answer<Token> {
  const setting = findSetting(db, "_auth", tokenKey(accessor));
  if (setting === undefined) return noToken();
  return settingReply(setting, { lastUsed: readUsed(db, [accessor]).get(accessor) });
}

interface Shown {
  readonly status?: number;
  /** How many living tokens come from it, where that was asked for. */
  readonly children?: number;
  readonly lastUsed?: string | undefined;
}

/** One token, as it was just read. */
export function settingReply(setting: Setting, shown: Shown): Reply<Token> {
  return replyOf(setting, etagOf(setting), shown);
}

/** One token, as a commit has just made it. */
export function writtenReply(json: string, { op, result }: Written, shown: Shown): Reply<Token> {
  return replyOf({ key: op.key, json, revision: result.revision }, result.etag ?? "", shown);
}

function replyOf(
  setting: Pick<Setting, "key" | "json" | "revision">,
  etag: string,
  { status = 200, children, lastUsed }: Shown,
): Reply<Token> {
  const token = { ...tokenView(setting, lastUsed), ...(children === undefined ? {} : { children }) };
  return jsonReply(status, token, [
    ["etag", etag],
    ["ledge-revision", String(setting.revision)],
  ]);
}
