/**
 * GET /v1/changes: the feed. Whole commits in order, of which a caller sees what its grants cover; the cursor
 * moves on even where nothing is to be seen.
 */
import { judgeLineage, judgeRevision } from "../../lib/core/ancestry.ts";
import { type Cursor, formatCursor, parseCursor } from "../../lib/core/cursor.ts";
import { allowsSome, grantRanges, type KeyRange } from "../../lib/core/grant.ts";
import { isReserved, judgeNamespace } from "../../lib/core/namespace.ts";
import { choiceParameter, integerParameter, parseQuery } from "../../lib/core/query.ts";
import { accept, type Outcome, refuse } from "../../lib/core/refusal.ts";
import { pickHeaders } from "../../lib/core/request-headers.ts";
import { isPublic } from "../../lib/core/settings.ts";
import type { Answer, Door } from "../../lib/http/answer.ts";
import {
  accessorOf,
  type Caller,
  credentialsOf,
  forbidden,
  judgeCaller,
  judgeStore,
  unauthenticated,
} from "../../lib/http/caller.ts";
import {
  FRESHNESS_HEADERS,
  type Freshness,
  judgeFreshness,
  parseFreshness,
} from "../../lib/http/freshness.ts";
import { concatenate, shownHeaders, textReply } from "../../lib/http/reply.ts";
import type { Target } from "../../lib/http/route.ts";
import { feedPage } from "../../lib/store/documents/feed.ts";
import type { Values } from "../../lib/store/documents/list.ts";
import { type ListView, readFeedView } from "../../lib/store/documents/view.ts";
import { PAGE_BYTES_MAX, PAGE_ITEMS_MAX } from "./limits.ts";

interface FeedRequest {
  readonly namespace: string | null;
  readonly prefix: string;
  readonly limit: number;
  readonly values: Values;
  readonly since: number;
  readonly cursor: Cursor | undefined;
  readonly freshness: Freshness;
}

const PARAMETERS = ["cursor", "since", "ns", "prefix", "limit", "values"];

export function getChanges(door: Door, target: Target): Answer {
  const parsed = parseFeed(door, target);
  const credentials = credentialsOf(door.request);
  const view = readFeedView(
    door.world.db,
    parsed.ok ? parsed.value.namespace : null,
    accessorOf(credentials),
  );
  const unfit = judgeStore(view, door);
  if (unfit !== undefined) return unfit;
  const caller = judgeCaller(credentials, view.token, door.world.nowMs());
  if (!caller.ok) return caller;
  if (!parsed.ok) return caller.value.token === null ? unauthenticated() : parsed;
  return answerFeed(door, parsed.value, { view, caller: caller.value });
}

function answerFeed(
  door: Door,
  asked: FeedRequest,
  { view, caller }: { view: ListView; caller: Caller },
): Answer {
  const ranges = feedRanges(asked, view, caller);
  if (ranges.length === 0) return forbidden(caller, "read", asked.namespace ?? "any namespace");
  const behind = judgeFreshness(asked.freshness, view.head);
  if (behind !== undefined) return behind;
  if (asked.namespace !== null && view.namespace === null && !isReserved(asked.namespace)) {
    return refuse(
      "namespace_not_found",
      `There is no namespace ${asked.namespace}; an administrator can make it.`,
    );
  }
  const since = judgeSince(asked, view);
  if (!since.ok) return since;
  const page = feedPage(door.world.db, {
    ranges,
    since: since.value,
    upTo: null,
    namespace: asked.namespace,
    prefix: asked.prefix,
    limit: asked.limit,
    bytesMax: PAGE_BYTES_MAX,
    values: asked.values,
  });
  const { lineage } = view;
  const cursor = formatCursor({
    kind: "feed",
    lineage,
    revision: page.revision,
    filter: filterOf(asked),
    after: "",
  });
  const start = `{"revision":${page.revision},"head":${page.head},"cursor":"${cursor}","commits":[`;
  const headers = shownHeaders({ revision: page.revision, head: page.head, lineage });
  return textReply(200, concatenate([start, page.commits, "]}"]), headers);
}

/** What may be seen: by grants, or all of a public namespace that was asked for by name. */
function feedRanges({ namespace }: FeedRequest, view: ListView, caller: Caller): KeyRange[] {
  if (namespace !== null && isPublic(view.namespace)) return [{ namespace, from: "", exact: false }];
  if (namespace !== null && !allowsSome(caller.grants, "read", namespace)) return [];
  return grantRanges(caller.grants, "read");
}

/** Where to go on from: part of this history, and not before what is kept. */
function judgeSince({ cursor, since }: FeedRequest, view: ListView): Outcome<number> {
  if (cursor !== undefined) {
    const ours = judgeLineage(view, cursor.lineage, cursor.revision);
    if (!ours.ok) return ours;
  }
  const from = cursor?.revision ?? since;
  const known = from === 0 ? accept(0) : judgeRevision(view, from);
  if (!known.ok) return known;
  if (from >= view.compacted) return known;
  return refuse(
    "compacted",
    `Changes are kept from revision ${view.compacted} on. Read lists at a newer revision and go on from there.`,
    {
      members: { oldest: view.compacted },
    },
  );
}

function filterOf({ namespace, prefix }: FeedRequest): (string | null)[] {
  return [namespace, prefix];
}

function parseFeed(door: Door, { query }: Target): Outcome<FeedRequest> {
  const parameters = parseQuery(query, PARAMETERS);
  if (!parameters.ok) return parameters;
  const limit = integerParameter(parameters.value, "limit", { min: 1, max: PAGE_ITEMS_MAX });
  if (!limit.ok) return limit;
  const since = integerParameter(parameters.value, "since", { min: 0, max: Number.MAX_SAFE_INTEGER });
  if (!since.ok) return since;
  const values = choiceParameter<Values>(parameters.value, "values", {
    choices: ["none", "text", "json"],
    fallback: "none",
  });
  if (!values.ok) return values;
  const name = parameters.value.get("ns");
  const namespace = name === undefined ? accept(null) : judgeNamespace(name);
  if (!namespace.ok) return namespace;
  const prefix = parameters.value.get("prefix") ?? "";
  if (prefix.includes("\0")) return refuse("bad_parameter", "A prefix holds no zero byte.");
  const headers = pickHeaders(door.request, FRESHNESS_HEADERS);
  if (!headers.ok) return headers;
  const freshness = parseFreshness(headers.value);
  if (!freshness.ok) return freshness;
  const asked = {
    namespace: namespace.value,
    prefix,
    limit: limit.value ?? PAGE_ITEMS_MAX,
    values: values.value,
    since: since.value ?? 0,
    cursor: undefined,
    freshness: freshness.value,
  };
  const text = parameters.value.get("cursor");
  if (text === undefined) return accept(asked);
  if (since.value !== undefined) return refuse("bad_parameter", "cursor and since exclude each other.");
  const cursor = parseCursor(text, { kind: "feed", filter: filterOf(asked) });
  return cursor.ok ? accept({ ...asked, cursor: cursor.value }) : cursor;
}
