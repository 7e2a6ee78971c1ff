/**
 * /v1/admin/tokens: who asks for a token makes its secret and sends the digest. A holder of `admin` sees and
 * manages the tokens whose every grant it could have given; revoked ones stay listed and never change again.
 */
import { type Cursor, formatCursor, parseCursor } from "../../lib/core/cursor.ts";
import { type Grant, mayGive } from "../../lib/core/grant.ts";
import { AUTH } from "../../lib/core/namespace.ts";
import { integerParameter, parseQuery } from "../../lib/core/query.ts";
import { accept, type Outcome, refuse } from "../../lib/core/refusal.ts";
import { pickHeaders } from "../../lib/core/request-headers.ts";
import { judgeScope } from "../../lib/core/scope.ts";
import { formatTime, parseTime } from "../../lib/core/time.ts";
import { type TokenDocument, tokenKey } from "../../lib/core/token.ts";
import type { Answer, Door } from "../../lib/door/answer.ts";
import { judgeJsonHeaders, parseJsonBody } from "../../lib/door/body.ts";
import { type Caller, credentialsOf, forbidden, requireCaller } from "../../lib/door/caller.ts";
import { jsonReply } from "../../lib/door/reply.ts";
import type { Target } from "../../lib/door/route.ts";
import { findToken, listTokenRecords, type TokenRecord } from "../../lib/store/admin.ts";
import { RotateBody, TokenBody } from "../../lib/wire/admin-bodies.ts";
import { ABSENT, ANY, changeReserved, proposerOf } from "./reserved.ts";

const PAGE_ITEMS = 100;
const PAGE_ITEMS_MAX = 1000;
const BODY_MAX = 131_072;
const JSON_HEADERS = ["content-type", "content-encoding"];

/** A token as it is shown: everything but its digest. */
export function tokenAnswer(
  accessor: string,
  { name, grants, createdMs, creator, expiresMs, revokedMs }: TokenDocument,
) {
  return {
    accessor,
    name,
    grants,
    created: formatTime(createdMs),
    creator,
    ...(expiresMs === null ? {} : { expires: formatTime(expiresMs) }),
    ...(revokedMs === null ? {} : { revoked: formatTime(revokedMs) }),
  };
}

export function getTokens(door: Door, { query }: Target): Answer {
  const admin = requireAdmin(door);
  if (!admin.ok) return admin;
  const headers = pickHeaders(door.request, []);
  if (!headers.ok) return headers;
  const page = parsePage(query, "tokens");
  if (!page.ok) return page;
  const records = listTokenRecords(door.world.db, page.value.cursor?.after ?? "", page.value.limit + 1);
  const shown = records.slice(0, page.value.limit);
  const last = shown.at(-1);
  const next =
    records.length > shown.length && last !== undefined
      ? pageCursor("tokens", admin.value.lineage, last.accessor)
      : undefined;
  const tokens = shown
    .filter((record) => covers(admin.value.caller, record.document.grants))
    .map((record) => tokenAnswer(record.accessor, record.document));
  return jsonReply(200, { tokens, ...(next === undefined ? {} : { next }) });
}

export function postToken(door: Door, { query }: Target): Answer {
  const admin = requireAdmin(door);
  if (!admin.ok) return admin;
  const unfit = judgeJsonRequest(door, query);
  if (!unfit.ok) return unfit;
  const body = parseJsonBody(door.world.db, door.request, { schema: TokenBody, bytesMax: BODY_MAX });
  if (!body.ok) return body;
  const { name, accessor, digest, expires, grants } = body.value;
  for (const [index, { scope }] of grants.entries()) {
    const judged = judgeScope(scope);
    if (!judged.ok)
      return {
        ...judged,
        errors: [{ pointer: `/grants/${index}/scope`, code: "invalid_body", detail: judged.detail }],
      };
  }
  const expiresMs = expires === undefined ? null : parseTime(expires);
  if (expiresMs === undefined) {
    return refuse("invalid_body", "expires is a moment with its zone, for example 2027-01-01T00:00:00Z.", {
      errors: [{ pointer: "/expires", code: "invalid_body", detail: "this is not a moment" }],
    });
  }
  const { caller } = admin.value;
  const document: TokenDocument = {
    name,
    digest,
    grants,
    expiresMs,
    createdMs: door.world.nowMs(),
    creator: caller.accessor ?? "",
    revokedMs: null,
  };
  return changeReserved(
    door,
    proposerOf(caller),
    { namespace: AUTH, key: tokenKey(accessor), value: document, state: ABSENT },
    () => jsonReply(201, tokenAnswer(accessor, document)),
  );
}

export function getToken(door: Door, { rest, query }: Target): Answer {
  const found = requireToken(door, query, rest);
  if (!found.ok) return found;
  return jsonReply(200, tokenAnswer(found.value.record.accessor, found.value.record.document));
}

/** Revokes. Again is the same answer; the document stays, and the accessor is never used for another token. */
export function deleteToken(door: Door, { rest, query }: Target): Answer {
  const found = requireToken(door, query, rest);
  if (!found.ok) return found;
  const { record, caller } = found.value;
  if (record.document.revokedMs !== null)
    return jsonReply(200, tokenAnswer(record.accessor, record.document));
  const revoked = { ...record.document, revokedMs: door.world.nowMs() };
  return changeToken(door, caller, record, revoked);
}

/** Gives it another secret at once; grants, expiry and accessor stay. */
export function postRotate(door: Door, { rest, query }: Target): Answer {
  const accessor = rest.slice(0, rest.indexOf("/"));
  const found = requireToken(door, query, accessor, JSON_HEADERS);
  if (!found.ok) return found;
  const unfit = judgeJsonRequest(door, query);
  if (!unfit.ok) return unfit;
  const body = parseJsonBody(door.world.db, door.request, { schema: RotateBody, bytesMax: BODY_MAX });
  if (!body.ok) return body;
  const { record, caller } = found.value;
  if (record.document.revokedMs !== null)
    return refuse(
      "in_use",
      "The token is revoked, and a revoked token never changes again. Make another one.",
    );
  return changeToken(door, caller, record, { ...record.document, digest: body.value.digest });
}

function changeToken(door: Door, caller: Caller, record: TokenRecord, document: TokenDocument): Answer {
  const change = {
    namespace: AUTH,
    key: tokenKey(record.accessor),
    value: document,
    state: { ...ANY, ifRevision: record.revision },
  } as const;
  return changeReserved(door, proposerOf(caller), change, () =>
    jsonReply(200, tokenAnswer(record.accessor, document)),
  );
}

function requireToken(
  door: Door,
  query: string,
  accessor: string,
  wanted: readonly string[] = [],
): Outcome<{ record: TokenRecord; caller: Caller }> {
  const admin = requireAdmin(door);
  if (!admin.ok) return admin;
  const headers = pickHeaders(door.request, wanted);
  if (!headers.ok) return headers;
  const parameters = parseQuery(query, []);
  if (!parameters.ok) return parameters;
  const record = findToken(door.world.db, accessor);
  const { caller } = admin.value;
  if (record === undefined || !covers(caller, record.document.grants))
    return refuse("not_found", "There is no such token that this one may manage.");
  return accept({ record, caller });
}

function covers({ grants }: Caller, wanted: readonly Grant[]): boolean {
  return wanted.every((grant) => mayGive(grants, grant));
}

/** Holders of `admin` over anything; what they may do with it is judged by grant. */
export function requireAdmin(door: Door): Outcome<{ caller: Caller; lineage: string }> {
  const found = requireCaller(door, credentialsOf(door.request));
  if (!found.ok) return found;
  const { caller, view } = found.value;
  if (!caller.grants.some(({ verbs }) => verbs.includes("admin")))
    return forbidden(caller, "admin", "anything");
  return accept({ caller, lineage: view.lineage });
}

/** Query and headers of a route that takes a JSON body and no parameters. */
export function judgeJsonRequest(door: Door, query: string): Outcome<true> {
  const headers = pickHeaders(door.request, JSON_HEADERS);
  if (!headers.ok) return headers;
  const parameters = parseQuery(query, []);
  if (!parameters.ok) return parameters;
  return judgeJsonHeaders(headers.value["content-type"], headers.value["content-encoding"]);
}

interface PageAsked {
  readonly limit: number;
  readonly cursor: Cursor | undefined;
}

export function parsePage(query: string, kind: "tokens" | "namespaces"): Outcome<PageAsked> {
  const parameters = parseQuery(query, ["limit", "cursor"]);
  if (!parameters.ok) return parameters;
  const limit = integerParameter(parameters.value, "limit", { min: 1, max: PAGE_ITEMS_MAX });
  if (!limit.ok) return limit;
  const text = parameters.value.get("cursor");
  if (text === undefined) return accept({ limit: limit.value ?? PAGE_ITEMS, cursor: undefined });
  const cursor = parseCursor(text, { kind, filter: [] });
  return cursor.ok ? accept({ limit: limit.value ?? PAGE_ITEMS, cursor: cursor.value }) : cursor;
}

export function pageCursor(kind: "tokens" | "namespaces", lineage: string, after: string): string {
  return formatCursor({ kind, lineage, revision: 0, filter: [], after });
}
