/**
 * GET /v1/changes: the feed. Whole commits in order, of which a caller sees what its grants cover, of all namespaces or
 * of those that are named; the cursor moves on even where nothing is to be seen.
 */
import type { FeedPage as FeedAnswer } from "../../lib/api/document-answers.ts";
import type { Input } from "../../lib/api/typed.ts";
import { judgeLineage, judgeRevision } from "../../lib/core/ancestry.ts";
import { formatCursor, parseCursor } from "../../lib/core/cursor.ts";
import { allowsSome, grantRanges, type KeyRange } from "../../lib/core/grant.ts";
import { judgeNamespace } from "../../lib/core/namespace.ts";
import { PAGE_LIMITS } from "../../lib/core/page-limits.ts";
import { accept, type Outcome, type Refusal, refuse } from "../../lib/core/refusal.ts";
import { isPublic } from "../../lib/core/settings.ts";
import { decodeUtf8 } from "../../lib/core/utf8.ts";
import { forbidden } from "../../lib/http/caller.ts";
import type { Context } from "../../lib/http/context.ts";
import { judgeFreshness, waitFor } from "../../lib/http/freshness.ts";
import { requireNamespace } from "../../lib/http/namespace.ts";
import { concatenate, shownHeaders, textReply } from "../../lib/http/reply.ts";
import type { Result } from "../../lib/http/result.ts";
import type { Asker } from "../../lib/http/service.ts";
import { type FeedText, feedPage } from "../../lib/store/documents/feed.ts";
import { type FeedView, type ListView, readFeedView } from "../../lib/store/documents/view.ts";
import type { Db } from "../../lib/store/sqlite/driver.ts";
import { eventsReply, wantsEvents } from "./event-stream.ts";

type FeedInput = Input<"followChanges">;

type FeedContext = Context<FeedView>;

const NAMESPACES_MAX = 50;

export function viewChanges(db: Db, input: FeedInput, { accessor }: Asker): FeedView {
  return readFeedView(db, namedIn(input), accessor);
}

export function getChanges(input: FeedInput, context: FeedContext): Result<FeedAnswer> {
  const { view, world, caller } = context;
  const namespaces = namedIn(input);
  const unfit = judgeNamed(context) ?? judgeFreshness(input, context);
  if (unfit !== undefined) return unfit;
  const since = judgeSince(input, view);
  if (!since.ok) return since;
  const streams = wantsEvents(context);
  const page = feedPage(world.db, {
    ranges: readRanges(context),
    history: grantRanges(caller.grants, "history"),
    since: since.value,
    namespaces,
    prefix: input.prefix,
    limit: input.limit,
    bytesMax: PAGE_LIMITS.bytes,
    values: streams ? "none" : input.values,
    // An accessor names a token, which is nobody's business who has none.
    actors: caller.accessor !== null,
  });
  // Nothing to be seen up to the newest revision: ask again when there is another one.
  if (page.shown === 0 && page.revision >= page.head) {
    const wait = waitFor(page.revision + 1, input.wait, context, namespaces);
    if (wait !== undefined) return wait;
  }
  const { revision, head } = page;
  const { lineage } = view;
  const filter = filterOf(input);
  const cursorAt = (place: number) =>
    formatCursor({ kind: "feed", lineage, revision: place, filter, after: "" });
  const headers = shownHeaders({ revision, head, lineage });
  if (streams)
    return eventsReply(
      { revisions: revisionsOf(page), revision, query: { ...input, namespaces }, cursorAt },
      headers,
    );
  const start = `{"revision":${revision},"head":${head},"cursor":"${cursorAt(revision)}","commits":[`;
  return textReply(200, concatenate([start, ...page.commits, "]}"]), headers);
}

function revisionsOf({ commits }: FeedText): number[] {
  const read: { revision: number }[] = JSON.parse(`[${decodeUtf8(concatenate(commits)) ?? ""}]`);
  return read.map(({ revision }) => revision);
}

/** The namespaces that are named, each once and in order, so that who names the same has the same cursors. */
function namedIn({ namespaces }: FeedInput): readonly string[] | null {
  return namespaces === null ? null : [...new Set(namespaces.split(","))].sort();
}

/** Each namespace that is named has to be a name, within reach of the caller or public, and there: in this order. */
function judgeNamed({ view: { named }, caller }: FeedContext): Refusal | undefined {
  if (named.length > NAMESPACES_MAX)
    return refuse("bad_parameter", `ns names at most ${NAMESPACES_MAX} namespaces.`);
  for (const [name] of named) {
    const judged = judgeNamespace(name);
    if (!judged.ok) return judged;
  }
  const hidden = named.find(
    ([name, document]) => !isPublic(document) && !allowsSome(caller.grants, "read", name),
  );
  if (hidden !== undefined) return forbidden(caller, "read", hidden[0]);
  for (const [name, namespace] of named) {
    const missing = requireNamespace(name, { namespace });
    if (missing !== undefined) return missing;
  }
  return undefined;
}

/** What may be seen: by grants, and all of a public namespace that was asked for by name. */
function readRanges({ view: { named }, caller }: FeedContext): KeyRange[] {
  const open = named.filter(([, document]) => isPublic(document));
  return [
    ...open.map(([namespace]) => ({ namespace, from: "", exact: false })),
    ...grantRanges(caller.grants, "read"),
  ];
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

function filterOf(input: FeedInput): (string | null)[] {
  return [namedIn(input)?.join() ?? null, input.prefix];
}
