/**
 * Tokens: made, shown, rotated and revoked within the caller's own grants. Whoever asks makes the secret and
 * sends its SHA-256. A token is never deleted, so that its name stands beside what it did.
 */
import type { Token, TokensPage } from "../../lib/api/admin-answers.ts";
import type { TokenBody } from "../../lib/api/admin-bodies.ts";
import type { Input } from "../../lib/api/typed.ts";
import { mayGive } from "../../lib/core/grant.ts";
import { isNamespaceName } from "../../lib/core/namespace.ts";
import { accept, type Outcome, type Refusal, refuse } from "../../lib/core/refusal.ts";
import { judgeScope } from "../../lib/core/scope.ts";
import { parseTime } from "../../lib/core/time.ts";
import { type TokenDocument, tokenKey } from "../../lib/core/token.ts";
import type { Context } from "../../lib/http/context.ts";
import { noToken } from "../../lib/http/parameters.ts";
import { jsonReply } from "../../lib/http/reply.ts";
import type { Result } from "../../lib/http/result.ts";
import { findSetting, type Setting } from "../../lib/store/documents/settings.ts";
import { settingsPage } from "./settings-page.ts";
import { writeSetting } from "./settings-write.ts";
import { tokenReply, tokenView, writtenReply } from "./token-view.ts";

export function getTokens(input: Input<"listTokens">, context: Context): Result<TokensPage> {
  const page = settingsPage(input, context, {
    kind: "tokens",
    namespace: "_auth",
    prefix: "token/",
    shows: (setting) => isWithin(context, setting),
  });
  if (!page.ok) return page;
  const { shown, next, headers } = page.value;
  return jsonReply(200, { tokens: shown.map(tokenView), ...next }, headers);
}

export function getToken({ accessor }: Input<"readToken">, context: Context): Result<Token> {
  const setting = managed(context, accessor);
  return setting.ok ? tokenReply(context.world.db, accessor) : setting;
}

export function postToken(input: Input<"makeToken">, context: Context): Result<Token> {
  const { db, nowMs } = context.world;
  const { accessor } = input.body;
  const expiresMs = judgeToken(input.body, nowMs());
  if (!expiresMs.ok) return expiresMs;
  const before = findSetting(db, "_auth", tokenKey(accessor));
  const document = documentOf(input.body, {
    expiresMs: expiresMs.value,
    creator: context.caller.accessor ?? "",
    nowMs: nowMs(),
  });
  if (before !== undefined && isWithin(context, before) && isSame(before, document))
    return tokenReply(db, accessor);
  const json = JSON.stringify(document);
  const state = { ifRevision: 0, ifLineage: null };
  const change = { namespace: "_auth", key: tokenKey(accessor), json, state } as const;
  return writeSetting(context, { change, words: { ...input, requestId: null } }, (written) =>
    writtenReply(json, written, 201),
  );
}

/** Revokes: the token is kept and listed, and never works again. */
export function deleteToken(input: Input<"revokeToken">, context: Context): Result<Token> {
  return change(input, context, (token) =>
    token.revokedMs === null ? { ...token, revokedMs: context.world.nowMs() } : token,
  );
}

/** Gives a token another secret; the old one ends at once. */
export function rotateToken(input: Input<"rotateToken">, context: Context): Result<Token> {
  return change(input, context, (token) => ({ ...token, digest: input.body.digest }));
}

function change(
  input: Input<"revokeToken"> | Input<"rotateToken">,
  context: Context,
  alter: (token: TokenDocument) => TokenDocument,
): Result<Token> {
  const { accessor, condition } = input;
  const setting = managed(context, accessor);
  if (!setting.ok) return setting;
  const { json, revision, lineage } = setting.value;
  const token: TokenDocument = JSON.parse(json);
  const altered = alter(token);
  if (altered === token) return tokenReply(context.world.db, accessor);
  if (token.revokedMs !== null) return refuse("not_found", "The token is revoked, and stays so.");
  const [named] = condition.states;
  const text = JSON.stringify(altered);
  const change = {
    namespace: "_auth",
    key: tokenKey(accessor),
    json: text,
    state:
      condition.kind === "tags" && named !== undefined ? named : { ifRevision: revision, ifLineage: lineage },
  } as const;
  return writeSetting(context, { change, words: { ...input, requestId: null } }, (written) =>
    writtenReply(text, written, 200),
  );
}

/** A token that the caller may manage: every grant of it within its own. The same answer for absent ones. */
function managed(context: Context, accessor: string): Outcome<Setting> {
  const setting = findSetting(context.world.db, "_auth", tokenKey(accessor));
  return setting !== undefined && isWithin(context, setting) ? accept(setting) : noToken();
}

function isWithin({ caller }: Context, { json }: Setting): boolean {
  const token: TokenDocument = JSON.parse(json);
  return token.grants.every((grant) => mayGive(caller.grants, grant));
}

function isSame({ json }: Setting, wanted: TokenDocument): boolean {
  const token: TokenDocument = JSON.parse(json);
  return JSON.stringify({ ...token, createdMs: 0 }) === JSON.stringify({ ...wanted, createdMs: 0 });
}

/** What the schema cannot say; gives the expiry in milliseconds. */
function judgeToken({ name, expires, grants }: TokenBody, nowMs: number): Outcome<number | null> {
  if (name.startsWith("_")) return invalid("/name", "names that begin with _ are Ledge's own");
  for (const [index, grant] of grants.entries()) {
    if (grant.namespace !== "*" && !isNamespaceName(grant.namespace)) {
      return invalid(`/grants/${index}/namespace`, "a namespace's name, or * for all that are not reserved");
    }
    const scope = judgeScope(grant.scope);
    if (!scope.ok) return invalid(`/grants/${index}/scope`, scope.detail);
  }
  if (expires === undefined) return accept(null);
  const expiresMs = parseTime(expires);
  if (expiresMs === undefined) return invalid("/expires", "a moment such as 2027-01-01T00:00:00Z");
  return expiresMs > nowMs ? accept(expiresMs) : invalid("/expires", "it lies in the past");
}

function invalid(pointer: string, detail: string): Refusal<"invalid_body"> {
  return refuse("invalid_body", `${pointer}: ${detail}.`, {
    errors: [{ pointer, code: "invalid_body", detail }],
  });
}

function documentOf(
  { name, digest, grants }: TokenBody,
  { expiresMs, creator, nowMs }: { expiresMs: number | null; creator: string; nowMs: number },
): TokenDocument {
  return { name, digest, grants, expiresMs, createdMs: nowMs, creator, revokedMs: null };
}
