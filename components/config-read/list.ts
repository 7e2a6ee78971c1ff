/**
 * GET /v1/list/{ns}: documents by prefix, pinned to a revision. Its cursors go on at that revision even when values were
 * replaced since, so they are sealed: good for who was given them, for an hour. The prefix only filters what grants allow.
 */
import type { ListPage as ListAnswer } from "../../lib/api/document-answers.ts";
import type { Input } from "../../lib/api/typed.ts";
import { judgeLineage } from "../../lib/core/ancestry.ts";
import type { Cursor } from "../../lib/core/cursor.ts";
import { PAGE_LIMITS } from "../../lib/core/page-limits.ts";
import { type Stretch, stretchesIn } from "../../lib/core/ranges.ts";
import { accept, type Outcome, refuse } from "../../lib/core/refusal.ts";
import { openCursor, sealCursor } from "../../lib/core/sealed-cursor.ts";
import type { Context } from "../../lib/http/context.ts";
import { judgeFreshness } from "../../lib/http/freshness.ts";
import { judgeKept } from "../../lib/http/kept.ts";
import { requireNamespace } from "../../lib/http/namespace.ts";
import { itemsJoined, nextPage } from "../../lib/http/next-page.ts";
import type { Reply, Result } from "../../lib/http/result.ts";
import { sealFor } from "../../lib/http/seal.ts";
import { listPage, type Page } from "../../lib/store/documents/list.ts";
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
  return judgeKept(view, cursor?.revision ?? input.revision ?? view.head);
}

function pageReply(
  input: ListInput,
  context: Context,
  { page, revision }: { page: Page; revision: number },
): Reply<ListAnswer> {
  const { namespace, prefix, delimiter, limit, values } = input;
  const { head, lineage } = context.view;
  return nextPage(
    {
      start: `{"namespace":${JSON.stringify(namespace)},"prefix":${JSON.stringify(prefix)},"revision":${revision},"documents":[`,
      items: itemsJoined(page.documents),
      end: `],"prefixes":${JSON.stringify(page.prefixes)}`,
    },
    { revision, head, lineage },
    page.after === null
      ? null
      : {
          path: `/v1/list/${namespace}`,
          query: {
            limit,
            prefix: prefix || null,
            delimiter: delimiter || null,
            values: values === "none" ? null : values,
            revision: input.revision ?? null,
          },
          cursor: sealCursor(
            { kind: "list", lineage, revision, filter: filterOf(input), after: page.after },
            sealFor(context),
          ),
        },
  );
}

/** What the caller may see of the prefix. */
function rangesOf({ namespace, prefix, revision }: ListInput, { caller, open }: Context): Stretch[] {
  if (open) return [{ from: prefix, exact: false }];
  return stretchesIn(caller.grants, revision === undefined ? "read" : "history", { namespace, prefix });
}

/** `values` too: a page without them leads to no page with what has been replaced since. */
function filterOf({ namespace, prefix, delimiter, revision, values }: ListInput): string[] {
  return [namespace, prefix, delimiter, revision === undefined ? "" : "at", values];
}
