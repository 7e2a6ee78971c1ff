/**
 * Tokens: made, shown, rotated and revoked within the caller's own grants. Whoever asks makes the secret and
 * sends its SHA-256. A token is never deleted, so that its name stands beside what it did.
 */

import { RotateBody, TokenBody } from "../../lib/api/admin-bodies.ts";
import { type Grant, mayGive } from "../../lib/core/grant.ts";
import { isNamespaceName } from "../../lib/core/namespace.ts";
import { parseQuery } from "../../lib/core/query.ts";
import { accept, type Outcome, type Refusal, refuse } from "../../lib/core/refusal.ts";
import { pickHeaders } from "../../lib/core/request-headers.ts";
import { judgeScope } from "../../lib/core/scope.ts";
import { parseTime } from "../../lib/core/time.ts";
import { isAccessor, type TokenDocument, tokenKey } from "../../lib/core/token.ts";
import type { Answer, Door } from "../../lib/http/answer.ts";
import { judgeJsonHeaders, parseJsonBody } from "../../lib/http/body.ts";
import type { Caller } from "../../lib/http/caller.ts";
import type { Target } from "../../lib/http/route.ts";
import { findSetting, type Setting } from "../../lib/store/documents/settings.ts";
import { requireAdmin } from "./admin-caller.ts";
import { settingsPage } from "./settings-page.ts";
import { parseWords, proposerOf, type Words, writeSetting } from "./settings-write.ts";
import { noToken, tokenReply, tokenView } from "./token-view.ts";

const BODY_BYTES_MAX = 262_144;

export function getTokens(door: Door, { query }: Target): Answer {
  return settingsPage(door, query, {
    kind: "tokens",
    namespace: "_auth",
    prefix: "token/",
    shows: isWithin,
    view: tokenView,
  });
}

export function getToken(door: Door, { rest, query }: Target): Answer {
  const found = requireAdmin(door);
  if (!found.ok) return found;
  const parameters = parseQuery(query, []);
  if (!parameters.ok) return parameters;
  const headers = pickHeaders(door.request, []);
  if (!headers.ok) return headers;
  const setting = managed(door, found.value.caller, rest);
  return setting.ok ? tokenReply(door, rest, { status: 200 }) : setting;
}

export function postToken(door: Door, { query }: Target): Answer {
  const found = requireAdmin(door);
  if (!found.ok) return found;
  const { caller } = found.value;
  const words = parseWords(door, query);
  if (!words.ok) return words;
  const body = parseTokenBody(door, words.value);
  if (!body.ok) return body;
  const expiresMs = judgeToken(door, body.value);
  if (!expiresMs.ok) return expiresMs;
  const before = findSetting(door.world.db, "_auth", tokenKey(body.value.accessor));
  const document = tokenDocument(body.value, {
    expiresMs: expiresMs.value,
    creator: caller.accessor ?? "",
    nowMs: door.world.nowMs(),
  });
  if (before !== undefined && isSame(before, document))
    return tokenReply(door, body.value.accessor, { status: 200 });
  const written = writeSetting(door, proposerOf(caller), {
    change: {
      namespace: "_auth",
      key: tokenKey(body.value.accessor),
      json: JSON.stringify(document),
      state: { ifRevision: 0, ifLineage: null },
    },
    words: { ...words.value, requestId: null },
  });
  return written.ok ? tokenReply(door, body.value.accessor, { status: 201 }) : written;
}

/** Revokes: the token is kept and listed, and never works again. */
export function deleteToken(door: Door, { rest, query }: Target): Answer {
  const found = requireAdmin(door);
  if (!found.ok) return found;
  const words = parseWords(door, query);
  if (!words.ok) return words;
  if (door.request.body.length > 0) return refuse("invalid_body", "A DELETE has no body.");
  return change(door, found.value.caller, { accessor: rest, words: words.value }, (token) =>
    token.revokedMs === null ? { ...token, revokedMs: door.world.nowMs() } : token,
  );
}

/** Gives a token another secret; the old one ends at once. */
export function rotateToken(door: Door, { rest, query }: Target): Answer {
  const found = requireAdmin(door);
  if (!found.ok) return found;
  const words = parseWords(door, query);
  if (!words.ok) return words;
  const type = judgeJsonHeaders(words.value.headers["content-type"], words.value.headers["content-encoding"]);
  if (!type.ok) return type;
  const body = parseJsonBody(door.world.db, door.request, { schema: RotateBody, bytesMax: BODY_BYTES_MAX });
  if (!body.ok) return body;
  const accessor = rest.slice(0, rest.indexOf("/"));
  return change(door, found.value.caller, { accessor, words: words.value }, (token) => ({
    ...token,
    digest: body.value.digest,
  }));
}

function change(
  door: Door,
  caller: Caller,
  { accessor, words }: { accessor: string; words: Words },
  alter: (token: TokenDocument) => TokenDocument,
): Answer {
  const setting = managed(door, caller, accessor);
  if (!setting.ok) return setting;
  const { json, revision, lineage } = setting.value;
  const token: TokenDocument = JSON.parse(json);
  const altered = alter(token);
  if (altered === token) return tokenReply(door, accessor, { status: 200 });
  if (token.revokedMs !== null) return refuse("not_found", "The token is revoked, and stays so.");
  const [named] = words.condition.states;
  const written = writeSetting(door, proposerOf(caller), {
    change: {
      namespace: "_auth",
      key: tokenKey(accessor),
      json: JSON.stringify(altered),
      state:
        words.condition.kind === "tags" && named !== undefined
          ? named
          : { ifRevision: revision, ifLineage: lineage },
    },
    words: { ...words, requestId: null },
  });
  return written.ok ? tokenReply(door, accessor, { status: 200 }) : written;
}

/** A token that the caller may manage: every grant of it within its own. The same answer for absent ones. */
function managed(door: Door, caller: Caller, accessor: string): Outcome<Setting> {
  if (!isAccessor(accessor)) return noToken();
  const setting = findSetting(door.world.db, "_auth", tokenKey(accessor));
  return setting !== undefined && isWithin(caller, setting) ? accept(setting) : noToken();
}

function isWithin(caller: Caller, { json }: Setting): boolean {
  const token: TokenDocument = JSON.parse(json);
  return token.grants.every((grant) => mayGive(caller.grants, grant));
}

function isSame({ json }: Setting, wanted: TokenDocument): boolean {
  const token: TokenDocument = JSON.parse(json);
  return JSON.stringify({ ...token, createdMs: 0 }) === JSON.stringify({ ...wanted, createdMs: 0 });
}

function parseTokenBody(door: Door, words: Words): Outcome<TokenBody> {
  const type = judgeJsonHeaders(words.headers["content-type"], words.headers["content-encoding"]);
  if (!type.ok) return type;
  return parseJsonBody(door.world.db, door.request, { schema: TokenBody, bytesMax: BODY_BYTES_MAX });
}

/** What the schema cannot say; gives the expiry in milliseconds. */
function judgeToken({ world }: Door, { name, expires, grants }: TokenBody): Outcome<number | null> {
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
  return expiresMs > world.nowMs() ? accept(expiresMs) : invalid("/expires", "it lies in the past");
}

function invalid(pointer: string, detail: string): Refusal<"invalid_body"> {
  return refuse("invalid_body", `${pointer}: ${detail}.`, {
    errors: [{ pointer, code: "invalid_body", detail }],
  });
}

function tokenDocument(
  { name, digest, grants }: TokenBody,
  { expiresMs, creator, nowMs }: { expiresMs: number | null; creator: string; nowMs: number },
): TokenDocument {
  const kept: Grant[] = grants.map(({ verbs, namespace, scope }) => ({ verbs, namespace, scope }));
  return { name, digest, grants: kept, expiresMs, createdMs: nowMs, creator, revokedMs: null };
}
