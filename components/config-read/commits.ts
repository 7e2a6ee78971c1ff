/**
 * GET /v1/commits and /v1/commits/{revision}: who changed what, when and why, newest first. Verb history; with
 * write, a caller may look for its own request id, which settles an unknown outcome. A root token sees every
 * commit's facts, those on tokens and settings included.
 */
import { judgeLineage, judgeRevision } from "../../lib/core/ancestry.ts";
import { formatCursor, parseCursor } from "../../lib/core/cursor.ts";
import { allowsSome, grantRanges, isRoot, type KeyRange } from "../../lib/core/grant.ts";
import { judgeNamespace } from "../../lib/core/namespace.ts";
import { encodeParameter, integerParameter, parseQuery, type Query } from "../../lib/core/query.ts";
import { accept, type Outcome, refuse } from "../../lib/core/refusal.ts";
import { pickHeaders } from "../../lib/core/request-headers.ts";
import { decodeUtf8 } from "../../lib/core/utf8.ts";
import type { Answer, Door } from "../../lib/http/answer.ts";
import { type Caller, credentialsOf, forbidden, requireCaller } from "../../lib/http/caller.ts";
import { concatenate, shownHeaders, textReply } from "../../lib/http/reply.ts";
import type { Target } from "../../lib/http/route.ts";
import { commitsPage, feedPage } from "../../lib/store/documents/feed.ts";
import { type ListView, readView } from "../../lib/store/documents/view.ts";
import { PAGE_BYTES_MAX, PAGE_ITEMS, PAGE_ITEMS_MAX } from "./limits.ts";

const NEWEST = Number.MAX_SAFE_INTEGER;

interface CommitsRequest {
  readonly actor: string | null;
  readonly requestId: string | null;
  readonly namespace: string | null;
  readonly from: number;
  readonly to: number;
  readonly limit: number;
  readonly cursor: string | undefined;
}

export function getCommits(door: Door, { query }: Target): Answer {
  const found = requireCaller(door, credentialsOf(door.request));
  if (!found.ok) return found;
  const headers = pickHeaders(door.request, []);
  if (!headers.ok) return headers;
  const parameters = parseQuery(query, ["requestId", "actor", "ns", "from", "to", "limit", "cursor"]);
  if (!parameters.ok) return parameters;
  const asked = parseCommits(parameters.value);
  if (!asked.ok) return asked;
  return answerCommits(door, asked.value, found.value.caller);
}

function answerCommits(door: Door, asked: CommitsRequest, caller: Caller): Answer {
  if (!mayLook(asked, caller)) return forbidden(caller, "history", asked.namespace ?? "any namespace");
  const view = readView(door.world.db, asked.namespace, null);
  const before = beforeOf(asked, view);
  if (!before.ok) return before;
  const page = commitsPage(door.world.db, {
    ranges: grantRanges(caller.grants, "history"),
    before: before.value,
    from: asked.from,
    to: asked.to,
    actor: asked.actor,
    requestId: asked.requestId,
    namespace: asked.namespace,
    limit: asked.limit,
    self: caller.accessor ?? "",
    all: isRoot(caller.grants),
  });
  const headers = shownHeaders({ revision: view.head, head: view.head, lineage: view.lineage });
  if (page.before === null) return textReply(200, concatenate(['{"commits":[', page.commits, "]}"]), headers);
  const next = formatCursor({
    kind: "commits",
    lineage: view.lineage,
    revision: page.before,
    filter: filterOf(asked),
    after: "",
  });
  headers.push(["link", `<${nextAddress(asked, next)}>; rel="next"`]);
  return textReply(200, concatenate(['{"commits":[', page.commits, `],"next":"${next}"}`]), headers);
}

/** One commit with the changes that the caller may see. */
export function getCommit(door: Door, { rest, query }: Target): Answer {
  const found = requireCaller(door, credentialsOf(door.request));
  if (!found.ok) return found;
  const { caller } = found.value;
  const headers = pickHeaders(door.request, []);
  if (!headers.ok) return headers;
  const parameters = parseQuery(query, []);
  if (!parameters.ok) return parameters;
  if (!/^[1-9][0-9]{0,15}$/.test(rest)) return refuse("bad_parameter", "A commit is named by its revision.");
  const revision = Number(rest);
  const ranges = grantRanges(caller.grants, "history");
  const root = isRoot(caller.grants);
  if (ranges.length === 0 && !root) return forbidden(caller, "history", "any namespace");
  const view = readView(door.world.db, null, null);
  const known = judgeRevision(view, revision);
  if (!known.ok) return known;
  return commitReply(door, { revision, ranges, root, self: caller.accessor ?? "" }, view);
}

interface CommitAsked {
  readonly revision: number;
  readonly ranges: readonly KeyRange[];
  readonly root: boolean;
  readonly self: string;
}

function commitReply(door: Door, { revision, ranges, root, self }: CommitAsked, view: ListView): Answer {
  const facts = commitsPage(door.world.db, {
    ranges,
    before: revision + 1,
    from: revision,
    to: revision,
    actor: null,
    requestId: null,
    namespace: null,
    limit: 1,
    self,
    all: root,
  });
  if (facts.shown === 0) return refuse("not_found", "There is no such commit, or nothing of it may be read.");
  const changes = feedPage(door.world.db, {
    ranges,
    since: revision - 1,
    upTo: revision,
    namespace: null,
    prefix: "",
    limit: PAGE_ITEMS_MAX,
    bytesMax: PAGE_BYTES_MAX,
    values: "none",
  });
  const commit: Record<string, unknown> = JSON.parse(decodeUtf8(facts.commits) ?? "null");
  const shown: { changes: unknown[] } | undefined =
    changes.shown === 0 ? undefined : JSON.parse(decodeUtf8(changes.commits) ?? "null");
  const body = JSON.stringify({ ...commit, changes: shown?.changes ?? [] });
  return textReply(200, body, shownHeaders({ revision: view.head, head: view.head, lineage: view.lineage }));
}

/** The verb history somewhere (in that namespace), or one's own request id with write, or a root token. */
function mayLook({ namespace, requestId, actor }: CommitsRequest, caller: Caller): boolean {
  if (isRoot(caller.grants)) return true;
  const own = requestId !== null && (actor === null || actor === caller.accessor);
  if (own && grantRanges(caller.grants, "write").length > 0) return true;
  return namespace === null
    ? grantRanges(caller.grants, "history").length > 0
    : allowsSome(caller.grants, "history", namespace);
}

function beforeOf(asked: CommitsRequest, view: ListView): Outcome<number> {
  if (asked.cursor === undefined) return accept(NEWEST);
  const cursor = parseCursor(asked.cursor, { kind: "commits", filter: filterOf(asked) });
  if (!cursor.ok) return cursor;
  return judgeLineage(view, cursor.value.lineage, cursor.value.revision);
}

function filterOf({ actor, requestId, namespace, from, to }: CommitsRequest): (string | null)[] {
  return [actor, requestId, namespace, String(from), String(to)];
}

function nextAddress(
  { actor, requestId, namespace, from, to, limit }: CommitsRequest,
  cursor: string,
): string {
  const parts = [`limit=${limit}`];
  if (requestId !== null) parts.push(`requestId=${encodeParameter(requestId)}`);
  if (actor !== null) parts.push(`actor=${encodeParameter(actor)}`);
  if (namespace !== null) parts.push(`ns=${namespace}`);
  if (from > 1) parts.push(`from=${from}`);
  if (to < NEWEST) parts.push(`to=${to}`);
  return `/v1/commits?${parts.join("&")}&cursor=${cursor}`;
}

function parseCommits(query: Query): Outcome<CommitsRequest> {
  const limit = integerParameter(query, "limit", { min: 1, max: PAGE_ITEMS_MAX });
  if (!limit.ok) return limit;
  const from = integerParameter(query, "from", { min: 1, max: NEWEST });
  if (!from.ok) return from;
  const to = integerParameter(query, "to", { min: 1, max: NEWEST });
  if (!to.ok) return to;
  const name = query.get("ns");
  const namespace = name === undefined ? accept(null) : judgeNamespace(name);
  if (!namespace.ok) return namespace;
  const actor = query.get("actor") ?? null;
  if (actor !== null && !/^[a-z0-9_-]{1,64}$/.test(actor)) {
    return refuse("bad_parameter", "actor is an accessor, or one of Ledge's own names, which begin with _.");
  }
  const requestId = query.get("requestId") ?? null;
  if (requestId !== null && !/^[!-~]{1,128}$/.test(requestId)) {
    return refuse("bad_parameter", "requestId is 1 to 128 visible ASCII characters.");
  }
  return accept({
    actor,
    requestId,
    namespace: namespace.value,
    from: from.value ?? 1,
    to: to.value ?? NEWEST,
    limit: limit.value ?? PAGE_ITEMS,
    cursor: query.get("cursor"),
  });
}
