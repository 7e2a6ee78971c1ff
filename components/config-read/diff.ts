/**
 * GET /v1/diff/{ns}: what differs between two revisions of a namespace, or between two namespaces. All pages compare the
 * revisions that the first one did; their cursors are sealed as those of lists are. Of two namespaces only keys that the
 * caller may read in both are compared: else what is hidden would look as if it were not there.
 */
import type { DiffPage as DiffAnswer } from "../../lib/api/document-answers.ts";
import type { Input } from "../../lib/api/typed.ts";
import { judgeLineage } from "../../lib/core/ancestry.ts";
import { allowsSome } from "../../lib/core/grant.ts";
import { PAGE_LIMITS } from "../../lib/core/page-limits.ts";
import type { Point } from "../../lib/core/point.ts";
import { commonStretches, type Stretch, stretchesIn } from "../../lib/core/ranges.ts";
import { accept, type Outcome, refuse } from "../../lib/core/refusal.ts";
import { openCursor, sealCursor } from "../../lib/core/sealed-cursor.ts";
import { forbidden } from "../../lib/http/caller.ts";
import type { Context } from "../../lib/http/context.ts";
import { judgeFreshness } from "../../lib/http/freshness.ts";
import { judgeKept } from "../../lib/http/kept.ts";
import { requireNamespace } from "../../lib/http/namespace.ts";
import type { Result } from "../../lib/http/result.ts";
import { sealFor } from "../../lib/http/seal.ts";
import { diffPage } from "../../lib/store/documents/diff.ts";
import { revisionAt } from "../../lib/store/documents/log.ts";
import { type ListView, readView } from "../../lib/store/documents/view.ts";
import { itemsJoined, nextPage } from "./next-page.ts";

type DiffInput = Input<"readDiff">;

/** What is compared, and the key that the page before ended with. */
interface Place {
  readonly from: number;
  readonly to: number;
  readonly key: string;
}

export function getDiff(input: DiffInput, context: Context): Result<DiffAnswer> {
  const { view, world } = context;
  const unfit = judgeFreshness(input, context) ?? requireNamespace(input.namespace, view);
  if (unfit !== undefined) return unfit;
  const other = otherView(input, context);
  if (!other.ok) return other;
  const place = placeOf(input, context);
  if (!place.ok) return place;
  const { from, to, key } = place.value;
  const before = judgeKept(view, from);
  if (!before.ok) return before;
  const after = judgeKept({ ...view, compacted: other.value.compacted }, to);
  if (!after.ok) return after;
  const { namespace, toNamespace, limit, values } = input;
  const page = diffPage(world.db, {
    before: { namespace, revision: from },
    after: { namespace: toNamespace ?? namespace, revision: to },
    ranges: rangesOf(input, context),
    from: key,
    limit,
    bytesMax: PAGE_LIMITS.bytes,
    values,
  });
  const into = toNamespace === null ? "" : `"toNamespace":${JSON.stringify(toNamespace)},`;
  const { head, lineage } = view;
  return nextPage(
    {
      start: `{"namespace":${JSON.stringify(namespace)},${into}"from":${from},"to":${to},"entries":[`,
      items: itemsJoined(page.entries),
      end: "]",
    },
    { revision: to, head, lineage },
    page.next === null ? null : nextOf(input, context, { from, to, key: page.next }),
  );
}

/** The namespace that is compared with. */
function otherView({ toNamespace, from }: DiffInput, { caller, world, view }: Context): Outcome<ListView> {
  if (toNamespace === null) {
    if (from !== undefined) return accept(view);
    return refuse(
      "bad_parameter",
      "Say what to compare with: from (a revision or a moment), or toNamespace.",
    );
  }
  if (!allowsSome(caller.grants, "history", toNamespace)) return forbidden(caller, "history", toNamespace);
  const other = readView(world.db, toNamespace, null);
  return requireNamespace(toNamespace, other) ?? accept(other);
}

function placeOf(input: DiffInput, context: Context): Outcome<Place> {
  const { view, world } = context;
  if (input.cursor === undefined) {
    const revisionOf = (point: Point | undefined) =>
      point === undefined ? view.head : (point.revision ?? revisionAt(world.db, point.timeMs));
    return accept({ from: revisionOf(input.from), to: revisionOf(input.to), key: "" });
  }
  const cursor = openCursor(input.cursor, { kind: "diff", filter: filterOf(input) }, sealFor(context));
  if (!cursor.ok) return cursor;
  const { lineage, revision, after } = cursor.value;
  const ours = judgeLineage(view, lineage, revision);
  if (!ours.ok) return ours;
  const [from = "", to = ""] = after.split(" ", 2);
  return accept({ from: Number(from), to: Number(to), key: after.slice(from.length + to.length + 2) });
}

function rangesOf({ namespace, toNamespace, prefix }: DiffInput, { caller }: Context): Stretch[] {
  const own = stretchesIn(caller.grants, "history", { namespace, prefix });
  if (toNamespace === null) return own;
  return commonStretches(own, stretchesIn(caller.grants, "history", { namespace: toNamespace, prefix }));
}

function nextOf(input: DiffInput, context: Context, { from, to, key }: Place) {
  const { namespace, toNamespace, prefix, limit, values } = input;
  const { lineage } = context.view;
  return {
    path: `/v1/diff/${namespace}`,
    query: {
      limit,
      toNamespace,
      from: input.from?.text ?? null,
      to: input.to?.text ?? null,
      prefix: prefix || null,
      values: values === "none" ? null : values,
    },
    cursor: sealCursor(
      {
        kind: "diff",
        lineage,
        revision: Math.max(from, to),
        filter: filterOf(input),
        after: `${from} ${to} ${key}`,
      },
      sealFor(context),
    ),
  };
}

function filterOf({ namespace, toNamespace, prefix, from, to, values }: DiffInput): (string | null)[] {
  return [namespace, toNamespace, prefix, from?.text ?? null, to?.text ?? null, values];
}
