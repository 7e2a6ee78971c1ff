/**
 * GET /v1/list/{ns}: documents by prefix, pinned to a revision. The cursor holds the lineage, the revision and
 * the filter; the prefix only filters what the grants allow.
 */
import { judgeLineage, judgeRevision } from "../../lib/core/ancestry.ts";
import { type Cursor, formatCursor, parseCursor } from "../../lib/core/cursor.ts";
import { allowsSome, grantRanges, type Verb } from "../../lib/core/grant.ts";
import { isReserved, parsePathNamespace } from "../../lib/core/namespace.ts";
import { choiceParameter, encodeParameter, integerParameter, parseQuery } from "../../lib/core/query.ts";
import { accept, type Outcome, refuse } from "../../lib/core/refusal.ts";
import { pickHeaders } from "../../lib/core/request-headers.ts";
import { isPublic } from "../../lib/core/settings.ts";
import { compareUtf8, utf8Length } from "../../lib/core/utf8.ts";
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
import { commaJoined, concatenate, shownHeaders, textReply } from "../../lib/http/reply.ts";
import type { Target } from "../../lib/http/route.ts";
import { type ListRange, listPage, type Page, type Values } from "../../lib/store/documents/list.ts";
import { type ListView, readView } from "../../lib/store/documents/view.ts";
import { PAGE_BYTES_MAX, PAGE_ITEMS, PAGE_ITEMS_MAX } from "./limits.ts";

const DELIMITER_BYTES_MAX = 16;

interface ListRequest {
  readonly namespace: string;
  readonly prefix: string;
  readonly delimiter: string;
  readonly limit: number;
  readonly values: Values;
  readonly revision: number | undefined;
  readonly cursor: Cursor | undefined;
  readonly freshness: Freshness;
}

const PARAMETERS = ["prefix", "delimiter", "limit", "cursor", "revision", "values"];

export function getList(door: Door, target: Target): Answer {
  const parsed = parseList(door, target);
  const credentials = credentialsOf(door.request);
  const view = readView(door.world.db, parsed.ok ? parsed.value.namespace : null, accessorOf(credentials));
  const unfit = judgeStore(view, door);
  if (unfit !== undefined) return unfit;
  const caller = judgeCaller(credentials, view.token, door.world.nowMs());
  if (!caller.ok) return caller;
  if (!parsed.ok) return caller.value.token === null ? unauthenticated() : parsed;
  return answerList(door, parsed.value, { view, caller: caller.value });
}

function answerList(
  door: Door,
  asked: ListRequest,
  { view, caller }: { view: ListView; caller: Caller },
): Answer {
  const { namespace } = asked;
  const verb: Verb = asked.revision === undefined ? "read" : "history";
  const open = verb === "read" && isPublic(view.namespace);
  if (!open && !allowsSome(caller.grants, verb, namespace)) return forbidden(caller, verb, namespace);
  const behind = judgeFreshness(asked.freshness, view.head);
  if (behind !== undefined) return behind;
  if (view.namespace === null && !isReserved(namespace)) {
    return refuse("namespace_not_found", `There is no namespace ${namespace}; an administrator can make it.`);
  }
  const revision = pinnedRevision(asked, view);
  if (!revision.ok) return revision;
  const ranges = open ? [{ from: asked.prefix, exact: false }] : listRanges(caller, verb, asked);
  const page = listPage(door.world.db, {
    namespace,
    ranges,
    prefix: asked.prefix,
    delimiter: asked.delimiter,
    after: asked.cursor?.after ?? "",
    revision: revision.value,
    limit: asked.limit,
    bytesMax: PAGE_BYTES_MAX,
    values: asked.values,
  });
  return pageReply(asked, view, { page, revision: revision.value });
}

/** The revision of the page: the cursor's, the one asked for, or the head; still kept and part of this history. */
function pinnedRevision(asked: ListRequest, view: ListView): Outcome<number> {
  const { cursor } = asked;
  if (cursor !== undefined) {
    const ours = judgeLineage(view, cursor.lineage, cursor.revision);
    if (!ours.ok) return ours;
  }
  const revision = cursor?.revision ?? asked.revision ?? view.head;
  const known = judgeRevision(view, revision);
  if (!known.ok) return known;
  if (revision < view.compacted) {
    return refuse("compacted", `The oldest revision that can be read here is ${view.compacted}.`, {
      members: { oldest: view.compacted },
    });
  }
  return known;
}

function pageReply(
  asked: ListRequest,
  view: ListView,
  { page, revision }: { page: Page; revision: number },
): Answer {
  const { namespace, prefix } = asked;
  const headers = shownHeaders({ revision, head: view.head, lineage: view.lineage });
  let end = `],"prefixes":${JSON.stringify(page.prefixes)}}`;
  if (page.after !== null) {
    const next = formatCursor({
      kind: "list",
      lineage: view.lineage,
      revision,
      filter: filterOf(asked),
      after: page.after,
    });
    headers.push(["link", `<${nextAddress(asked, next)}>; rel="next"`]);
    end = `],"prefixes":${JSON.stringify(page.prefixes)},"next":"${next}"}`;
  }
  const start = `{"namespace":${JSON.stringify(namespace)},"prefix":${JSON.stringify(prefix)},"revision":${revision},"documents":[`;
  return textReply(200, concatenate([start, ...commaJoined(page.documents), end]), headers);
}

/** What the caller may see of the prefix, in order and without overlap. */
function listRanges(caller: Caller, verb: Verb, { namespace, prefix }: ListRequest): ListRange[] {
  const ranges: ListRange[] = [];
  for (const range of grantRanges(caller.grants, verb)) {
    if (range.namespace !== namespace && (range.namespace !== "*" || isReserved(namespace))) continue;
    if (range.from.startsWith(prefix)) ranges.push({ from: range.from, exact: range.exact });
    else if (!range.exact && prefix.startsWith(range.from)) ranges.push({ from: prefix, exact: false });
  }
  ranges.sort((a, b) => compareUtf8(a.from, b.from) || Number(a.exact) - Number(b.exact));
  const disjoint: ListRange[] = [];
  for (const range of ranges) {
    const last = disjoint.at(-1);
    const inside =
      last !== undefined &&
      (last.exact ? range.from === last.from && range.exact : range.from.startsWith(last.from));
    if (!inside) disjoint.push(range);
  }
  return disjoint;
}

function filterOf({ namespace, prefix, delimiter, revision }: ListRequest): string[] {
  return [namespace, prefix, delimiter, revision === undefined ? "" : "at"];
}

function nextAddress(
  { namespace, prefix, delimiter, limit, values, revision }: ListRequest,
  cursor: string,
): string {
  const parts = [`limit=${limit}`];
  if (prefix !== "") parts.push(`prefix=${encodeParameter(prefix)}`);
  if (delimiter !== "") parts.push(`delimiter=${encodeParameter(delimiter)}`);
  if (values !== "none") parts.push(`values=${values}`);
  if (revision !== undefined) parts.push(`revision=${revision}`);
  return `/v1/list/${namespace}?${parts.join("&")}&cursor=${cursor}`;
}

function parseList(door: Door, { rest, query }: Target): Outcome<ListRequest> {
  const namespace = parsePathNamespace(rest);
  if (!namespace.ok) return namespace;
  const parameters = parseQuery(query, PARAMETERS);
  if (!parameters.ok) return parameters;
  const limit = integerParameter(parameters.value, "limit", { min: 1, max: PAGE_ITEMS_MAX });
  if (!limit.ok) return limit;
  const revision = integerParameter(parameters.value, "revision", { min: 1, max: Number.MAX_SAFE_INTEGER });
  if (!revision.ok) return revision;
  const values = choiceParameter<Values>(parameters.value, "values", {
    choices: ["none", "text", "json"],
    fallback: "none",
  });
  if (!values.ok) return values;
  const prefix = parameters.value.get("prefix") ?? "";
  const delimiter = parameters.value.get("delimiter") ?? "";
  if (prefix.includes("\0") || delimiter.includes("\0") || utf8Length(delimiter) > DELIMITER_BYTES_MAX) {
    return refuse(
      "bad_parameter",
      `A delimiter has at most ${DELIMITER_BYTES_MAX} bytes; neither it nor a prefix holds a zero byte.`,
    );
  }
  const headers = pickHeaders(door.request, FRESHNESS_HEADERS);
  if (!headers.ok) return headers;
  const freshness = parseFreshness(headers.value);
  if (!freshness.ok) return freshness;
  const asked = {
    namespace: namespace.value,
    prefix,
    delimiter,
    limit: limit.value ?? PAGE_ITEMS,
    values: values.value,
    revision: revision.value,
    cursor: undefined,
    freshness: freshness.value,
  };
  return withCursor(asked, parameters.value.get("cursor"));
}

function withCursor(asked: ListRequest, text: string | undefined): Outcome<ListRequest> {
  if (text === undefined) return accept(asked);
  const cursor = parseCursor(text, { kind: "list", filter: filterOf(asked) });
  if (!cursor.ok) return cursor;
  if (asked.revision !== undefined && asked.revision !== cursor.value.revision) {
    return refuse("bad_cursor", "The cursor was made for another revision.");
  }
  return accept({ ...asked, cursor: cursor.value });
}
