/**
 * GET /v1/commits and /v1/commits/{revision}: who changed what, when and why, newest first, and on demand what stood
 * there before. A root token sees every commit's facts, those on tokens and settings included; a writer may look for its
 * own request id, which settles an unknown outcome. Cursors are positions: what may be seen is judged again on every page.
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
import { accept, type Outcome, refuse } from "../../lib/core/refusal.ts";
import type { Context } from "../../lib/http/context.ts";
import { itemsJoined, nextPage } from "../../lib/http/next-page.ts";
import type { Result } from "../../lib/http/result.ts";
import {
  type ChangeText,
  commitChanges,
  commitsPage,
  type LoggedText,
  type LogText,
  revisionAt,
} from "../../lib/store/documents/log.ts";
import type { Pieces } from "../../lib/store/documents/shown.ts";
import type { ListView } from "../../lib/store/documents/view.ts";

const NEWEST = Number.MAX_SAFE_INTEGER;
const EVERYTHING = { namespace: null, key: null, prefix: "" } as const;
const BEGINNING = { namespace: "", key: "" } as const;

type CommitsInput = Input<"listCommits">;
type CommitInput = Input<"readCommit">;

export function getCommits(input: CommitsInput, context: Context): Result<CommitsAnswer> {
  const { world, view } = context;
  if (input.key !== null && input.prefix !== "")
    return refuse("bad_parameter", "key and prefix exclude each other.");
  const before = beforeOf(input, view);
  if (!before.ok) return before;
  const { from, to, actor, requestId, namespace, key, prefix, messageText, limit } = input;
  const log = commitsPage(world.db, {
    ...readerOf(context),
    before: before.value,
    from: from === undefined ? 1 : (from.revision ?? revisionAt(world.db, from.timeMs - 1) + 1),
    to: to === undefined ? NEWEST : (to.revision ?? revisionAt(world.db, to.timeMs)),
    actor,
    requestId,
    namespace,
    key,
    prefix,
    message: messageText,
    limit,
  });
  const wantsChanges = input.changes || input.values !== "none";
  const { commits, before: next } = wantsChanges ? withChanges(input, context, log) : bare(log);
  const { head, lineage } = view;
  return nextPage(
    { start: '{"commits":[', items: itemsJoined(commits), end: "]" },
    { revision: head, head, lineage },
    next === null ? null : nextOf(input, { lineage, before: next }),
  );
}

interface ShownLog {
  readonly commits: readonly Pieces[];
  readonly before: number | null;
}

function bare({ commits, before }: LogText): ShownLog {
  return { commits: commits.map(({ json }) => [json, "}"]), before };
}

/** Whole commits with up to 1,000 changes and 4 MiB together; of a first one that is larger, what fits. */
function withChanges(input: CommitsInput, context: Context, log: LogText): ShownLog {
  const taken = takeFor(log.commits, PAGE_LIMITS.items);
  const { namespace, key, prefix, values } = input;
  const page = commitChanges(context.world.db, {
    ranges: readerOf(context).ranges,
    revisions: taken.map(({ revision }) => revision),
    namespace,
    key,
    prefix,
    after: BEGINNING,
    limit: PAGE_LIMITS.items,
    bytesMax: PAGE_LIMITS.bytes,
    values,
  });
  const [first] = taken;
  const last = page.more ? (page.changes.at(-1)?.revision ?? 0) : 0;
  const shown = taken.filter(
    ({ revision }) => revision > last || (revision === last && (!page.isCut || revision === first?.revision)),
  );
  const commits = shown.map(({ revision, json }) => [
    json,
    ',"changes":[',
    ...itemsJoined(jsonOf(page.changes, revision)),
    page.isCut && revision === last ? '],"truncated":true}' : "]}",
  ]);
  const isAll = shown.length === log.commits.length;
  return { commits, before: isAll ? log.before : (shown.at(-1)?.revision ?? log.before) };
}

function jsonOf(changes: readonly ChangeText[], revision: number): Pieces[] {
  return changes.filter((change) => change.revision === revision).map(({ json }) => json);
}

/** The first commits, of together no more changes; but at least one. */
function takeFor(commits: readonly LoggedText[], changesMax: number): readonly LoggedText[] {
  let sum = 0;
  const over = commits.findIndex(({ changes }, index) => {
    sum += changes;
    return sum > changesMax && index > 0;
  });
  return over < 0 ? commits : commits.slice(0, over);
}

/** One commit with the changes that the caller may see. */
export function getCommit(input: CommitInput, context: Context): Result<LoggedCommitWithChanges> {
  const { world, view } = context;
  const { revision, limit, values } = input;
  const known = judgeRevision(view, revision);
  if (!known.ok) return known;
  const after = changeAfter(input, view);
  if (!after.ok) return after;
  const reader = readerOf(context);
  const [commit] = commitsPage(world.db, {
    ...reader,
    ...EVERYTHING,
    before: revision + 1,
    from: revision,
    to: revision,
    actor: null,
    requestId: null,
    message: "",
    limit: 1,
  }).commits;
  if (commit === undefined)
    return refuse("not_found", "There is no such commit, or nothing of it may be read.");
  const { changes, more } = commitChanges(world.db, {
    ...EVERYTHING,
    ranges: reader.ranges,
    revisions: [revision],
    after: after.value,
    limit,
    bytesMax: PAGE_LIMITS.bytes,
    values,
  });
  const last = changes.at(-1);
  const { head, lineage } = view;
  return nextPage(
    {
      start: "",
      items: [commit.json, ',"changes":[', ...itemsJoined(changes.map(({ json }) => json))],
      end: "]",
    },
    { revision: head, head, lineage },
    more && last !== undefined ? nextChangeOf(input, { lineage, last }) : null,
  );
}

/** What the caller may see of the past, and whether all words are shown. */
function readerOf({ caller }: Context) {
  return {
    ranges: grantRanges(caller.grants, "history"),
    self: caller.accessor ?? "",
    all: isRoot(caller.grants),
  };
}

function beforeOf(input: CommitsInput, view: ListView): Outcome<number> {
  if (input.cursor === undefined) return accept(NEWEST);
  const cursor = parseCursor(input.cursor, { kind: "commits", filter: filterOf(input) });
  if (!cursor.ok) return cursor;
  return judgeLineage(view, cursor.value.lineage, cursor.value.revision);
}

function nextOf(input: CommitsInput, { lineage, before }: { lineage: string; before: number }) {
  const { limit, requestId, actor, namespace, key, prefix, messageText, from, to, changes, values } = input;
  return {
    path: "/v1/commits",
    query: {
      limit,
      requestId,
      actor,
      ns: namespace,
      key,
      prefix: prefix || null,
      message: messageText || null,
      from: from?.text ?? null,
      to: to?.text ?? null,
      changes: changes ? "true" : null,
      values: values === "none" ? null : values,
    },
    cursor: formatCursor({ kind: "commits", lineage, revision: before, filter: filterOf(input), after: "" }),
  };
}

/** A page with changes may go on without them: a cursor is a place in the log. */
function filterOf({ actor, requestId, namespace, key, prefix, messageText, from, to }: CommitsInput) {
  return [actor, requestId, namespace, key, prefix, messageText, from?.text ?? null, to?.text ?? null];
}

function changeAfter(input: CommitInput, view: ListView): Outcome<{ namespace: string; key: string }> {
  if (input.cursor === undefined) return accept(BEGINNING);
  const cursor = parseCursor(input.cursor, { kind: "commit", filter: commitFilter(input) });
  if (!cursor.ok) return cursor;
  const ours = judgeLineage(view, cursor.value.lineage, cursor.value.revision);
  if (!ours.ok) return ours;
  const { after } = cursor.value;
  const space = after.indexOf(" ");
  return accept({ namespace: after.slice(0, space), key: after.slice(space + 1) });
}

function nextChangeOf(input: CommitInput, { lineage, last }: { lineage: string; last: ChangeText }) {
  const { revision, limit, values } = input;
  const after = `${last.namespace} ${last.key}`;
  return {
    path: `/v1/commits/${revision}`,
    query: { limit, values: values === "none" ? null : values },
    cursor: formatCursor({ kind: "commit", lineage, revision, filter: commitFilter(input), after }),
  };
}

function commitFilter({ revision }: CommitInput): string[] {
  return [String(revision)];
}
