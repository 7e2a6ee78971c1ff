/**
 * GET /v1/commits and /v1/commits/{revision}: who changed what, when and why, newest first. A root token sees every
 * commit's facts, those on tokens and settings included; a writer may look for its own request id, which settles an
 * unknown outcome. Cursors are positions: what may be seen is judged again on every page.
 */
import type {
  CommitsPage as CommitsAnswer,
  LoggedCommitWithChanges,
} from "../../lib/api/document-answers.ts";
import type { Input } from "../../lib/api/typed.ts";
import { judgeLineage, judgeRevision } from "../../lib/core/ancestry.ts";
import { formatCursor, parseCursor } from "../../lib/core/cursor.ts";
import { grantRanges, isRoot } from "../../lib/core/grant.ts";
import { PAGE_LIMITS } from "../../lib/core/page-limits.ts";
import { encodeParameter } from "../../lib/core/query.ts";
import { accept, type Outcome, refuse } from "../../lib/core/refusal.ts";
import { decodeUtf8 } from "../../lib/core/utf8.ts";
import type { Context } from "../../lib/http/context.ts";
import { concatenate, jsonReply, shownHeaders, textReply } from "../../lib/http/reply.ts";
import type { Result } from "../../lib/http/result.ts";
import { commitsPage, feedPage } from "../../lib/store/documents/feed.ts";
import type { ListView } from "../../lib/store/documents/view.ts";

const NEWEST = Number.MAX_SAFE_INTEGER;

type CommitsInput = Input<"listCommits">;

export function getCommits(input: CommitsInput, { world, view, caller }: Context): Result<CommitsAnswer> {
  const before = beforeOf(input, view);
  if (!before.ok) return before;
  const { from, to, actor, requestId, namespace, limit } = input;
  const page = commitsPage(world.db, {
    ranges: grantRanges(caller.grants, "history"),
    before: before.value,
    from,
    to,
    actor,
    requestId,
    namespace,
    limit,
    self: caller.accessor ?? "",
    all: isRoot(caller.grants),
  });
  const headers = shownHeaders({ revision: view.head, head: view.head, lineage: view.lineage });
  if (page.before === null) return textReply(200, concatenate(['{"commits":[', page.commits, "]}"]), headers);
  const next = formatCursor({
    kind: "commits",
    lineage: view.lineage,
    revision: page.before,
    filter: filterOf(input),
    after: "",
  });
  headers.push(["link", `<${nextAddress(input, next)}>; rel="next"`]);
  return textReply(200, concatenate(['{"commits":[', page.commits, `],"next":"${next}"}`]), headers);
}

/** One commit with the changes that the caller may see. */
export function getCommit(
  { revision }: Input<"readCommit">,
  { world, view, caller }: Context,
): Result<LoggedCommitWithChanges> {
  const known = judgeRevision(view, revision);
  if (!known.ok) return known;
  const ranges = grantRanges(caller.grants, "history");
  const facts = commitsPage(world.db, {
    ranges,
    before: revision + 1,
    from: revision,
    to: revision,
    actor: null,
    requestId: null,
    namespace: null,
    limit: 1,
    self: caller.accessor ?? "",
    all: isRoot(caller.grants),
  });
  if (facts.shown === 0) return refuse("not_found", "There is no such commit, or nothing of it may be read.");
  const changes = feedPage(world.db, {
    ranges,
    history: ranges,
    since: revision - 1,
    upTo: revision,
    namespace: null,
    prefix: "",
    limit: PAGE_LIMITS.items,
    bytesMax: PAGE_LIMITS.bytes,
    values: "none",
    actors: false,
  });
  const commit: LoggedCommitWithChanges = JSON.parse(decodeUtf8(facts.commits) ?? "null");
  const shown: Pick<LoggedCommitWithChanges, "changes"> | undefined =
    changes.shown === 0 ? undefined : JSON.parse(decodeUtf8(changes.commits) ?? "null");
  const headers = shownHeaders({ revision: view.head, head: view.head, lineage: view.lineage });
  return jsonReply(200, { ...commit, changes: shown?.changes ?? [] }, headers);
}

function beforeOf(input: CommitsInput, view: ListView): Outcome<number> {
  if (input.cursor === undefined) return accept(NEWEST);
  const cursor = parseCursor(input.cursor, { kind: "commits", filter: filterOf(input) });
  if (!cursor.ok) return cursor;
  return judgeLineage(view, cursor.value.lineage, cursor.value.revision);
}

function filterOf({ actor, requestId, namespace, from, to }: CommitsInput): (string | null)[] {
  return [actor, requestId, namespace, String(from), String(to)];
}

function nextAddress({ actor, requestId, namespace, from, to, limit }: CommitsInput, cursor: string): string {
  const parts = [`limit=${limit}`];
  if (requestId !== null) parts.push(`requestId=${encodeParameter(requestId)}`);
  if (actor !== null) parts.push(`actor=${encodeParameter(actor)}`);
  if (namespace !== null) parts.push(`ns=${namespace}`);
  if (from > 1) parts.push(`from=${from}`);
  if (to < NEWEST) parts.push(`to=${to}`);
  return `/v1/commits?${parts.join("&")}&cursor=${cursor}`;
}
