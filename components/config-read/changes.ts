/**
 * GET /v1/changes: the feed. Whole commits in order, of which a caller sees what its grants cover; the cursor
 * moves on even where nothing is to be seen.
 */
import type { FeedPage as FeedAnswer } from "../../lib/api/document-answers.ts";
import type { Input } from "../../lib/api/typed.ts";
import { judgeLineage, judgeRevision } from "../../lib/core/ancestry.ts";
import { formatCursor, parseCursor } from "../../lib/core/cursor.ts";
import { grantRanges, type KeyRange } from "../../lib/core/grant.ts";
import { PAGE_LIMITS } from "../../lib/core/page-limits.ts";
import { accept, type Outcome, refuse } from "../../lib/core/refusal.ts";
import { isPublic } from "../../lib/core/settings.ts";
import { decodeUtf8 } from "../../lib/core/utf8.ts";
import type { Context } from "../../lib/http/context.ts";
import { judgeFreshness, waitFor } from "../../lib/http/freshness.ts";
import { requireNamespace } from "../../lib/http/namespace.ts";
import { concatenate, shownHeaders, textReply } from "../../lib/http/reply.ts";
import type { Result } from "../../lib/http/result.ts";
import type { Asker } from "../../lib/http/service.ts";
import { type FeedText, feedPage } from "../../lib/store/documents/feed.ts";
import { type ListView, readFeedView } from "../../lib/store/documents/view.ts";
import type { Db } from "../../lib/store/sqlite/driver.ts";
import { eventsReply, wantsEvents } from "./event-stream.ts";

type FeedInput = Input<"followChanges">;

export function viewChanges(db: Db, { namespace }: FeedInput, { accessor }: Asker): ListView {
  return readFeedView(db, namespace, accessor);
}

export function getChanges(input: FeedInput, context: Context): Result<FeedAnswer> {
  const { view, world, caller } = context;
  const { namespace } = input;
  const unfit =
    judgeFreshness(input, context) ?? (namespace === null ? undefined : requireNamespace(namespace, view));
  if (unfit !== undefined) return unfit;
  const since = judgeSince(input, view);
  if (!since.ok) return since;
  const streams = wantsEvents(context);
  const page = feedPage(world.db, {
    ranges: readRanges(input, context),
    history: grantRanges(caller.grants, "history"),
    since: since.value,
    namespace,
    prefix: input.prefix,
    limit: input.limit,
    bytesMax: PAGE_LIMITS.bytes,
    values: streams ? "none" : input.values,
    // An accessor names a token, which is nobody's business who has none.
    actors: caller.accessor !== null,
  });
  // Nothing to be seen up to the newest revision: ask again when there is another one.
  if (page.shown === 0 && page.revision >= page.head) {
    const wait = waitFor(page.revision + 1, input.wait, context, namespace);
    if (wait !== undefined) return wait;
  }
  const { revision, head } = page;
  const { lineage } = view;
  const filter = filterOf(input);
  const cursorAt = (place: number) =>
    formatCursor({ kind: "feed", lineage, revision: place, filter, after: "" });
  const headers = shownHeaders({ revision, head, lineage });
  if (streams)
    return eventsReply({ revisions: revisionsOf(page), revision, query: input, cursorAt }, headers);
  const start = `{"revision":${revision},"head":${head},"cursor":"${cursorAt(revision)}","commits":[`;
  return textReply(200, concatenate([start, page.commits, "]}"]), headers);
}

function revisionsOf({ commits }: FeedText): number[] {
  const read: { revision: number }[] = JSON.parse(`[${decodeUtf8(commits) ?? ""}]`);
  return read.map(({ revision }) => revision);
}

/** What may be seen: by grants, or all of a public namespace that was asked for by name. */
function readRanges({ namespace }: FeedInput, { view, caller }: Context): KeyRange[] {
  if (namespace !== null && isPublic(view.namespace)) return [{ namespace, from: "", exact: false }];
  return grantRanges(caller.grants, "read");
}

/** Where to go on from: part of this history, and not before what is kept. */
function judgeSince(input: FeedInput, view: ListView): Outcome<number> {
  const from = placeOf(input, view);
  if (!from.ok) return from;
  const known = from.value === 0 ? from : judgeRevision(view, from.value);
  if (!known.ok || from.value >= view.compacted) return known;
  return refuse(
    "compacted",
    `Changes are kept from revision ${view.compacted} on. Read lists at a newer revision and go on from there.`,
    {
      members: { oldest: view.compacted },
    },
  );
}

function placeOf(input: FeedInput, view: ListView): Outcome<number> {
  const { lastEventId, since } = input;
  if (input.cursor !== undefined && since !== undefined)
    return refuse("bad_parameter", "cursor and since exclude each other.");
  // A client that comes back asks with the address that it began with, and says in a header how far it came.
  const from = lastEventId ?? input.cursor;
  if (from === undefined) return accept(since ?? 0);
  const cursor = parseCursor(from, { kind: "feed", filter: filterOf(input) });
  return cursor.ok ? judgeLineage(view, cursor.value.lineage, cursor.value.revision) : cursor;
}

function filterOf({ namespace, prefix }: FeedInput): (string | null)[] {
  return [namespace, prefix];
}
