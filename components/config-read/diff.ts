/**
 * GET /v1/diff/{ns}: what differs between two revisions of a namespace, or between two namespaces. All pages compare the
 * revisions that the first one did; their cursors are sealed as those of lists are. Of two namespaces only keys that the
 * caller may read in both are compared: else what is hidden would look as if it were not there. With a channel the state
 * after is the one that it gives an edge, and only that is shown: what an edge lacks, for the verb `read`.
 */
import type { DiffPage as DiffAnswer } from "../../lib/api/document-answers.ts";
import type { Input } from "../../lib/api/typed.ts";
import { judgeLineage } from "../../lib/core/ancestry.ts";
import { allowsSome } from "../../lib/core/grant.ts";
import { PAGE_LIMITS } from "../../lib/core/page-limits.ts";
import type { Point } from "../../lib/core/point.ts";
import { commonStretches, type Stretch, stretchesIn } from "../../lib/core/ranges.ts";
import { accept, type Outcome, type Refusal, refuse } from "../../lib/core/refusal.ts";
import { openCursor, sealCursor } from "../../lib/core/sealed-cursor.ts";
import { forbidden } from "../../lib/http/caller.ts";
import type { Context } from "../../lib/http/context.ts";
import { judgeFreshness } from "../../lib/http/freshness.ts";
import { judgeKept } from "../../lib/http/kept.ts";
import { requireNamespace } from "../../lib/http/namespace.ts";
import { itemsJoined, nextPage } from "../../lib/http/next-page.ts";
import { noChannel } from "../../lib/http/no-channel.ts";
import type { Result } from "../../lib/http/result.ts";
import { sealFor } from "../../lib/http/seal.ts";
import { diffPage } from "../../lib/store/documents/diff.ts";
import { revisionAt } from "../../lib/store/documents/log.ts";
import { readPinsOf, readPointed } from "../../lib/store/documents/pins.ts";
import { type ListView, readView } from "../../lib/store/documents/view.ts";
import { pointerHeader } from "./by-channel.ts";

type DiffInput = Input<"readDiff">;

/** What is compared, and the key that the page before ended with. */
interface Place {
  readonly from: number;
  readonly to: number;
  readonly key: string;
  /** Of a channel: the newest revision among the documents that say where it points. */
  readonly pointer?: number;
}

export function getDiff(input: DiffInput, context: Context): Result<DiffAnswer> {
  const { view, world } = context;
  const unfit = judgeFreshness(input, context) ?? requireNamespace(input.namespace, view);
  if (unfit !== undefined) return unfit;
  const other = otherView(input, context);
  if (!other.ok) return other;
  const place = placeOf(input, context);
  if (!place.ok) return place;
  const { from, to, key, pointer } = place.value;
  const unkept = judgePlace(input, context, { ...place.value, compacted: other.value.compacted });
  if (unkept !== undefined) return unkept;
  const { namespace, toNamespace, limit, values } = input;
  const page = diffPage(world.db, {
    before: { namespace, revision: from },
    after: { namespace: toNamespace ?? namespace, revision: to },
    ranges: rangesOf(input, context),
    from: key,
    limit,
    bytesMax: PAGE_LIMITS.bytes,
    values,
    newOnly: pointer !== undefined,
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
    page.next === null ? null : nextOf(input, context, { ...place.value, key: page.next }),
    pointer === undefined ? [] : [pointerHeader(pointer)],
  );
}

/** Whether both states are kept. A channel's is; an edge that has nothing compares with nothing. */
function judgePlace(
  { namespace }: DiffInput,
  { view, world }: Context,
  { from, to, pointer, compacted }: Place & { readonly compacted: number },
): Refusal | undefined {
  if (pointer === undefined) {
    const before = judgeKept(view, from);
    const after = before.ok ? judgeKept({ ...view, compacted }, to) : before;
    return after.ok ? undefined : after;
  }
  const before = from === 0 ? accept(from) : judgeKept(view, from);
  if (before.ok) return undefined;
  const pinned = before.code === "compacted" && readPinsOf(world.db, namespace, compacted).includes(from);
  return pinned ? undefined : before;
}

/** The namespace that is compared with. */
function otherView(
  { toNamespace, from, to, channel }: DiffInput,
  { caller, world, view }: Context,
): Outcome<ListView> {
  if (channel !== null && (toNamespace !== null || to !== undefined))
    return refuse("bad_parameter", "Name a channel, or to or toNamespace, not both.");
  if (toNamespace === null) {
    if (from !== undefined) return accept(view);
    return refuse(
      "bad_parameter",
      "Say what to compare with: from (a revision or a moment; of a channel 0 for all of it), or toNamespace.",
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
    if (input.channel === null)
      return accept({ from: revisionOf(input.from), to: revisionOf(input.to), key: "" });
    const { namespace, channel, edge } = input;
    const pointed = readPointed(world.db, { namespace, channel, edge });
    if (pointed === undefined) return noChannel({ namespace, channel });
    return accept({ from: revisionOf(input.from), to: pointed.revision, pointer: pointed.pointer, key: "" });
  }
  const cursor = openCursor(input.cursor, { kind: "diff", filter: filterOf(input) }, sealFor(context));
  if (!cursor.ok) return cursor;
  const { lineage, revision, after } = cursor.value;
  const ours = judgeLineage(view, lineage, revision);
  if (!ours.ok) return ours;
  const [from = "", to = "", pointer = ""] = after.split(" ", 3);
  const numbers = { from: Number(from), to: Number(to) };
  const key = after.slice(from.length + to.length + 2);
  if (input.channel === null) return accept({ ...numbers, key });
  return accept({ ...numbers, pointer: Number(pointer), key: key.slice(pointer.length + 1) });
}

function rangesOf({ namespace, toNamespace, channel, prefix }: DiffInput, { caller }: Context): Stretch[] {
  const verb = channel === null ? "history" : "read";
  const own = stretchesIn(caller.grants, verb, { namespace, prefix });
  if (toNamespace === null) return own;
  return commonStretches(own, stretchesIn(caller.grants, "history", { namespace: toNamespace, prefix }));
}

function nextOf(input: DiffInput, context: Context, { from, to, pointer, key }: Place) {
  const { namespace, toNamespace, channel, edge, prefix, limit, values } = input;
  const { lineage } = context.view;
  return {
    path: `/v1/diff/${namespace}`,
    query: {
      limit,
      toNamespace,
      channel,
      edge,
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
        after: pointer === undefined ? `${from} ${to} ${key}` : `${from} ${to} ${pointer} ${key}`,
      },
      sealFor(context),
    ),
  };
}

function filterOf(input: DiffInput): (string | null)[] {
  const { namespace, toNamespace, channel, edge, prefix, from, to, values } = input;
  const named = channel === null ? [] : [channel, edge];
  return [namespace, toNamespace, prefix, from?.text ?? null, to?.text ?? null, values, ...named];
}
