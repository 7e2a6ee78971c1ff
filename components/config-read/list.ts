/**
 * GET /v1/list/{ns}: documents by prefix, pinned to a revision. Its cursors go on at that revision even when values were
 * replaced since, so they are sealed: good for who was given them, for an hour. The prefix only filters what grants allow.
 */
import type { ListPage as ListAnswer } from "../../lib/api/document-answers.ts";
import type { Input } from "../../lib/api/typed.ts";
import { judgeLineage, judgeRevision } from "../../lib/core/ancestry.ts";
import type { Cursor } from "../../lib/core/cursor.ts";
import { grantRanges, type Verb } from "../../lib/core/grant.ts";
import { isReserved } from "../../lib/core/namespace.ts";
import { PAGE_LIMITS } from "../../lib/core/page-limits.ts";
import { encodeParameter } from "../../lib/core/query.ts";
import { accept, type Outcome, refuse } from "../../lib/core/refusal.ts";
import { openCursor, sealCursor } from "../../lib/core/sealed-cursor.ts";
import { compareUtf8 } from "../../lib/core/utf8.ts";
import type { Context } from "../../lib/http/context.ts";
import { judgeFreshness } from "../../lib/http/freshness.ts";
import { requireNamespace } from "../../lib/http/namespace.ts";
import { commaJoined, concatenate, shownHeaders, textReply } from "../../lib/http/reply.ts";
import type { Reply, Result } from "../../lib/http/result.ts";
import { sealFor } from "../../lib/http/seal.ts";
import { type ListRange, listPage, type Page } from "../../lib/store/documents/list.ts";
import type { ListView } from "../../lib/store/documents/view.ts";

type ListInput = Input<"listDocuments">;

export function getList(input: ListInput, context: Context): Result<ListAnswer> {
  const { view, world } = context;
  const unfit = judgeFreshness(input, context) ?? requireNamespace(input.namespace, view);
  if (unfit !== undefined) return unfit;
  const cursor = cursorOf(input, context);
  if (!cursor.ok) return cursor;
  const revision = pinnedRevision(input, cursor.value, view);
  if (!revision.ok) return revision;
  const { namespace, prefix, delimiter, limit, values } = input;
  const page = listPage(world.db, {
    namespace,
    ranges: rangesOf(input, context),
    prefix,
    delimiter,
    after: cursor.value?.after ?? "",
    revision: revision.value,
    limit,
    bytesMax: PAGE_LIMITS.bytes,
    values,
  });
  return pageReply(input, context, { page, revision: revision.value });
}

function cursorOf(input: ListInput, context: Context): Outcome<Cursor | undefined> {
  if (input.cursor === undefined) return accept(undefined);
  const cursor = openCursor(input.cursor, { kind: "list", filter: filterOf(input) }, sealFor(context));
  if (!cursor.ok || input.revision === undefined || input.revision === cursor.value.revision) return cursor;
  return refuse("bad_cursor", "The cursor was made for another revision.");
}

/** The revision of the page: the cursor's, the one asked for, or the head; still kept and part of this history. */
function pinnedRevision(input: ListInput, cursor: Cursor | undefined, view: ListView): Outcome<number> {
  if (cursor !== undefined) {
    const ours = judgeLineage(view, cursor.lineage, cursor.revision);
    if (!ours.ok) return ours;
  }
  const revision = cursor?.revision ?? input.revision ?? view.head;
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
  input: ListInput,
  context: Context,
  { page, revision }: { page: Page; revision: number },
): Reply<ListAnswer> {
  const { namespace, prefix } = input;
  const { head, lineage } = context.view;
  const headers = shownHeaders({ revision, head, lineage });
  let end = `],"prefixes":${JSON.stringify(page.prefixes)}}`;
  if (page.after !== null) {
    const place = { kind: "list", lineage, revision, filter: filterOf(input), after: page.after } as const;
    const next = sealCursor(place, sealFor(context));
    headers.push(["link", `<${nextAddress(input, next)}>; rel="next"`]);
    end = `],"prefixes":${JSON.stringify(page.prefixes)},"next":"${next}"}`;
  }
  const start = `{"namespace":${JSON.stringify(namespace)},"prefix":${JSON.stringify(prefix)},"revision":${revision},"documents":[`;
  return textReply(200, concatenate([start, ...commaJoined(page.documents), end]), headers);
}

/** What the caller may see of the prefix, in order and without overlap. */
function rangesOf({ namespace, prefix, revision }: ListInput, { caller, open }: Context): ListRange[] {
  if (open) return [{ from: prefix, exact: false }];
  const verb: Verb = revision === undefined ? "read" : "history";
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

/** `values` too: a page without them leads to no page with what has been replaced since. */
function filterOf({ namespace, prefix, delimiter, revision, values }: ListInput): string[] {
  return [namespace, prefix, delimiter, revision === undefined ? "" : "at", values];
}

function nextAddress(
  { namespace, prefix, delimiter, limit, values, revision }: ListInput,
  cursor: string,
): string {
  const parts = [`limit=${limit}`];
  if (prefix !== "") parts.push(`prefix=${encodeParameter(prefix)}`);
  if (delimiter !== "") parts.push(`delimiter=${encodeParameter(delimiter)}`);
  if (values !== "none") parts.push(`values=${values}`);
  if (revision !== undefined) parts.push(`revision=${revision}`);
  return `/v1/list/${namespace}?${parts.join("&")}&cursor=${cursor}`;
}
