/**
 * Tokens: made, shown, rotated and revoked within the caller's own grants. Whoever asks makes the secret and
 * sends its SHA-256. A token is never deleted, so that its name stands beside what it did.
 */
import type { Token, TokensPage } from "../../lib/api/admin-answers.ts";
import type { RotateBody, TokenBody } from "../../lib/api/admin-bodies.ts";
import type { Input } from "../../lib/api/typed.ts";
import { COMMIT_LIMITS } from "../../lib/core/commit/limits.ts";
import type { NamedState, WriteCondition } from "../../lib/core/conditions.ts";
import { mayGive } from "../../lib/core/grant.ts";
import { isNamespaceName } from "../../lib/core/namespace.ts";
import { accept, type Outcome, type Refusal, refuse } from "../../lib/core/refusal.ts";
import { judgeScope } from "../../lib/core/scope.ts";
import { parseTime } from "../../lib/core/time.ts";
import { type TokenDocument, tokenKey, tokenOf } from "../../lib/core/token.ts";
import type { Context } from "../../lib/http/context.ts";
import { RACE_SECONDS, waitFor } from "../../lib/http/freshness.ts";
import { namedState } from "../../lib/http/named-state.ts";
import { noToken } from "../../lib/http/parameters.ts";
import { jsonReply } from "../../lib/http/reply.ts";
import type { Result } from "../../lib/http/result.ts";
import { readUsed } from "../../lib/store/catalogue/used.ts";
import { findSetting, listLivingDescendants, type Setting } from "../../lib/store/documents/settings.ts";
import { settingsPage } from "./settings-page.ts";
import { type SettingChange, writeSetting } from "./settings-write.ts";
import { settingReply, tokenReply, tokenView, writtenReply } from "./token-view.ts";

export function getTokens(input: Input<"listTokens">, context: Context): Result<TokensPage> {
  const { namePrefix } = input;
  const page = settingsPage(input, context, {
    kind: "tokens",
    ...tokensWithin(context, namePrefix),
    ...(namePrefix === "" ? {} : { filter: { name: "name", text: namePrefix } }),
  });
  if (!page.ok) return page;
  const { shown, next, headers } = page.value;
  const accessors = shown.map(({ key }) => key.slice("token/".length));
  const used = readUsed(context.world.db, accessors);
  const tokens = shown.map((one, at) => tokenView(one, used.get(accessors[at] ?? "")));
  return jsonReply(200, { tokens, ...next }, headers);
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
    writtenReply(json, written, { status: 201 }),
  );
}

/**
 * Revokes: the token is kept and listed, and never works again. Says how many living tokens come from it, which go on
 * unless the request takes them along.
 */
export function deleteToken(input: Input<"revokeToken">, context: Context): Result<Token> {
  const { accessor } = input;
  const setting = managed(context, accessor);
  if (!setting.ok) return setting;
  const { db, nowMs } = context.world;
  const living = listLivingDescendants(db, accessor, nowMs());
  const [first, ...more] = [setting.value, ...(input.children === "revoke" ? living : [])].filter(
    ({ json }) => !isRevoked(json),
  );
  if (first === undefined) return settingReply(setting.value, { children: living.length });
  if (more.length >= COMMIT_LIMITS.changes) return tooMany(living.length);
  const own = first === setting.value;
  const revoked = revocation(first, nowMs());
  const change = own ? { ...revoked, ...named(context, input, revoked) } : revoked;
  return writeSetting(
    context,
    { change, more: more.map((one) => revocation(one, nowMs())), words: { ...input, requestId: null } },
    (written) => {
      // Somebody else committed first, perhaps another child: look once more, now that the token makes no others.
      const raced = input.children === "revoke" && written.outcome.revision > context.view.head + 1;
      const again = raced ? waitFor(written.outcome.revision, RACE_SECONDS, context) : undefined;
      if (again !== undefined) return again;
      return own
        ? writtenReply(change.json, written, { status: 200, children: living.length })
        : settingReply(setting.value, { children: living.length });
    },
  );
}

/** The state that the request names, if it names one, in place of what stands there. */
function named(
  { world }: Context,
  { condition }: { readonly condition: WriteCondition },
  { namespace, key }: SettingChange,
): { readonly state?: NamedState } {
  if (condition.kind === "none") return {};
  return { state: namedState(world.db, { namespace, key, op: "put" }, condition).state };
}

function isRevoked(json: string): boolean {
  const token: TokenDocument = JSON.parse(json);
  return token.revokedMs !== null;
}

export function revocation({ key, json, revision, lineage }: Setting, nowMs: number) {
  const token: TokenDocument = JSON.parse(json);
  return {
    namespace: "_auth",
    key,
    json: JSON.stringify({ ...token, revokedMs: nowMs }),
    state: { ifRevision: revision, ifLineage: lineage },
  } as const;
}

function tooMany(children: number): Refusal<"too_many_changes"> {
  const { changes } = COMMIT_LIMITS;
  return refuse(
    "too_many_changes",
    `A commit holds at most ${changes} changes, and ${children} living tokens come from this one. Revoke some of them first.`,
    { members: { limit: changes, size: children + 1 } },
  );
}

/**
 * Gives a token another secret; the old one ends at once, or with `overlap` as a token of its own. It comes from the
 * caller then, who knows the secret; a token that rotates itself stays whose it was.
 */
export function rotateToken(input: Input<"rotateToken">, context: Context): Result<Token> {
  const setting = managed(context, input.accessor);
  if (!setting.ok) return setting;
  if (isRevoked(setting.value.json)) return refuse("not_found", "The token is revoked, and stays so.");
  const { overlap } = input.body;
  if (overlap !== undefined) return succeed(input, { setting: setting.value, overlap }, context);
  const token: TokenDocument = JSON.parse(setting.value.json);
  const { digest } = input.body;
  const { accessor } = context.caller;
  const adopted = digest !== token.digest && accessor !== input.accessor;
  const creator = adopted ? (accessor ?? "") : token.creator;
  const json = JSON.stringify({ ...token, digest, creator });
  const { key, revision, lineage } = setting.value;
  const standing = {
    namespace: "_auth",
    key,
    json,
    state: { ifRevision: revision, ifLineage: lineage },
  } as const;
  const change = { ...standing, ...named(context, input, standing) };
  return writeSetting(context, { change, words: { ...input, requestId: null } }, (written) =>
    writtenReply(json, written, { status: 200 }),
  );
}

/**
 * Makes another token like it, and lets it end a while later, in one commit. The same again is answered alike. Both have
 * to last no longer than their giver, as any token.
 */
function succeed(
  input: Input<"rotateToken">,
  { setting, overlap }: { readonly setting: Setting; readonly overlap: NonNullable<RotateBody["overlap"]> },
  context: Context,
): Result<Token> {
  const { db } = context.world;
  const nowMs = context.world.nowMs();
  const token: TokenDocument = JSON.parse(setting.json);
  const made: TokenDocument = {
    ...token,
    digest: input.body.digest,
    createdMs: nowMs,
    creator: context.caller.accessor ?? "",
  };
  const before = findSetting(db, "_auth", tokenKey(overlap.accessor));
  if (before !== undefined && isWithin(context, before) && follows(before, made))
    return tokenReply(db, overlap.accessor);
  const untilMs = nowMs + overlap.seconds * 1000;
  const ending = { ...token, expiresMs: Math.min(token.expiresMs ?? untilMs, untilMs) };
  const json = JSON.stringify(made);
  const change = {
    namespace: "_auth",
    key: tokenKey(overlap.accessor),
    json,
    state: { ifRevision: 0, ifLineage: null },
  } as const;
  const { key, revision, lineage } = setting;
  const old = {
    namespace: "_auth",
    key,
    json: JSON.stringify(ending),
    state: { ifRevision: revision, ifLineage: lineage },
  } as const;
  const more = [{ ...old, ...named(context, input, old) }];
  return writeSetting(context, { change, more, words: { ...input, requestId: null } }, (written) =>
    writtenReply(json, written, { status: 201 }),
  );
}

/** Whether it was made by this very request: the old one's end, which it took over, has moved since. */
function follows(before: Setting, made: TokenDocument): boolean {
  const { expiresMs }: TokenDocument = JSON.parse(before.json);
  return isSame(before, { ...made, expiresMs });
}

/** A token that the caller may manage: every grant of it within its own. The same answer for absent ones. */
function managed(context: Context, accessor: string): Outcome<Setting> {
  const setting = findSetting(context.world.db, "_auth", tokenKey(accessor));
  return setting !== undefined && isWithin(context, setting) ? accept(setting) : noToken();
}

/** Tokens that the caller may manage and whose names begin so, for settings-page.ts. */
export function tokensWithin(context: Context, namePrefix: string) {
  return {
    namespace: "_auth",
    prefix: "token/",
    shows: (setting: Setting) =>
      isWithin(context, setting) && tokenOf(setting.json).name.startsWith(namePrefix),
  } as const;
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
