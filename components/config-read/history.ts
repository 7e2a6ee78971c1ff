/**
 * GET /v1/history/{ns}: what became of a key, or of the keys that begin with a prefix, and in which commits, newest
 * first. Pages go on before the first one's revision; their cursors are sealed as those of lists are.
 */
import type { HistoryPage as HistoryAnswer } from "../../lib/api/document-answers.ts";
import type { Input } from "../../lib/api/typed.ts";
import { judgeLineage } from "../../lib/core/ancestry.ts";
import { grantRanges, isRoot } from "../../lib/core/grant.ts";
import { PAGE_LIMITS } from "../../lib/core/page-limits.ts";
import { accept, type Outcome, refuse } from "../../lib/core/refusal.ts";
import { openCursor, sealCursor } from "../../lib/core/sealed-cursor.ts";
import type { Context } from "../../lib/http/context.ts";
import { judgeFreshness } from "../../lib/http/freshness.ts";
import { requireNamespace } from "../../lib/http/namespace.ts";
import { itemsJoined, nextPage } from "../../lib/http/next-page.ts";
import type { Result } from "../../lib/http/result.ts";
import { sealFor } from "../../lib/http/seal.ts";
import { type HistoryPlace, historyPage } from "../../lib/store/documents/history.ts";

type HistoryInput = Input<"readHistory">;

/** Where a page begins, and the revision that the first one began at. */
interface Place {
  readonly pinned: number;
  readonly from: HistoryPlace;
}

export function getHistory(input: HistoryInput, context: Context): Result<HistoryAnswer> {
  const { view, world, caller } = context;
  const unfit = judgeFreshness(input, context) ?? requireNamespace(input.namespace, view);
  if (unfit !== undefined) return unfit;
  if (input.key !== null && input.prefix !== "")
    return refuse("bad_parameter", "key and prefix exclude each other.");
  const place = placeOf(input, context);
  if (!place.ok) return place;
  const { pinned, from } = place.value;
  const { namespace, key, prefix, limit, values } = input;
  const page = historyPage(world.db, {
    ranges: grantRanges(caller.grants, "history"),
    namespace,
    key,
    prefix,
    from,
    limit,
    bytesMax: PAGE_LIMITS.bytes,
    values,
    self: caller.accessor ?? "",
    all: isRoot(caller.grants),
  });
  const { head, lineage } = view;
  const start = `{"namespace":${JSON.stringify(namespace)},"revision":${pinned},"entries":[`;
  const next = page.next === null ? null : nextOf(input, context, { pinned, from: page.next });
  return nextPage(
    { start, items: itemsJoined(page.entries), end: "]" },
    { revision: pinned, head, lineage },
    next,
  );
}

function placeOf(input: HistoryInput, context: Context): Outcome<Place> {
  const { view } = context;
  if (input.cursor === undefined)
    return accept({ pinned: view.head, from: { revision: view.head, key: "" } });
  const cursor = openCursor(input.cursor, { kind: "history", filter: filterOf(input) }, sealFor(context));
  if (!cursor.ok) return cursor;
  const { lineage, revision, after } = cursor.value;
  const ours = judgeLineage(view, lineage, revision);
  if (!ours.ok) return ours;
  const space = after.indexOf(" ");
  const from = { revision: Number(after.slice(0, space)), key: after.slice(space + 1) };
  return accept({ pinned: revision, from });
}

function nextOf(input: HistoryInput, context: Context, { pinned, from }: Place) {
  const { namespace, key, prefix, limit, values } = input;
  const { lineage } = context.view;
  return {
    path: `/v1/history/${namespace}`,
    query: { limit, key, prefix: prefix || null, values: values === "none" ? null : values },
    cursor: sealCursor(
      {
        kind: "history",
        lineage,
        revision: pinned,
        filter: filterOf(input),
        after: `${from.revision} ${from.key}`,
      },
      sealFor(context),
    ),
  };
}

function filterOf({ namespace, key, prefix, values }: HistoryInput): (string | null)[] {
  return [namespace, key, prefix, values];
}
