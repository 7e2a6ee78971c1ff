/**
 * GET and HEAD /v1/read/{ns}: one document now, at a revision, or at the revision that a channel gives an edge. The document
 * and the caller's token are looked up by one statement, before the caller is judged; for a channel by one more before it.
 */

import type { Input } from "../../lib/api/typed.ts";
import { judgeRevision } from "../../lib/core/ancestry.ts";
import { matchesWeakly, type TagList } from "../../lib/core/conditions.ts";
import { VARY } from "../../lib/core/http.ts";
import { isShown } from "../../lib/core/media-type.ts";
import { type Refusal, refuse } from "../../lib/core/refusal.ts";
import { parseEtag } from "../../lib/core/revision.ts";
import { formatTime } from "../../lib/core/time.ts";
import type { Context } from "../../lib/http/context.ts";
import { judgeFreshness } from "../../lib/http/freshness.ts";
import { requireNamespace } from "../../lib/http/namespace.ts";
import { noChannel } from "../../lib/http/no-channel.ts";
import { shownHeaders } from "../../lib/http/reply.ts";
import type { Reply, Result } from "../../lib/http/result.ts";
import type { Asker } from "../../lib/http/service.ts";
import { readPointed } from "../../lib/store/documents/pins.ts";
import {
  type FoundDocument,
  type PastView,
  type ReadView,
  readPast,
  viewHead,
} from "../../lib/store/documents/view.ts";
import type { Db } from "../../lib/store/sqlite/driver.ts";
import { pointerHeader } from "./by-channel.ts";

type ReadInput = Input<"readDocument">;

export function viewDocument(db: Db, input: ReadInput, { accessor, method }: Asker): ReadView | PastView {
  const { namespace, key, channel, edge, ifNoneMatch } = input;
  const pointed = channel === null ? undefined : readPointed(db, { namespace, channel, edge });
  const revision = input.revision ?? pointed?.revision;
  const find = (known: number | null): ReadView | PastView => {
    if (revision === undefined) return viewHead(db, { namespace, key, accessor, known });
    const view = readPast(db, { namespace, key, accessor, known, revision });
    return pointed === undefined ? view : { ...view, pointed };
  };
  const view = find(method === "HEAD" ? -1 : knownRevision(ifNoneMatch));
  // The same number with another lineage is another document, whose bytes were left out above.
  const wanted = method === "GET" && view.document?.bytes === null && !isKnown(input, view.document);
  return wanted ? find(null) : view;
}

export function getDocument(input: ReadInput, context: Context<ReadView | PastView>): Result {
  const { view, open, caller } = context;
  const unfit = judgeFreshness(input, context) ?? requireNamespace(input.namespace, view);
  if (unfit !== undefined) return unfit;
  const { channel, revision } = input;
  if (channel !== null && revision !== undefined)
    return refuse("bad_parameter", "Name a revision or a channel, not both.");
  if (channel !== null && view.pointed === undefined)
    return noChannel({ namespace: input.namespace, channel });
  if (revision !== undefined && "lives" in view) {
    const gone = judgePast(revision, view);
    if (gone !== undefined) return gone;
  }
  if (view.document === null) {
    return refuse("not_found", "There is no document with this key.", { headers: shown(input, view) });
  }
  // All of it comes from the store and the request; time alone can end the token.
  const sameUntilMs = caller.token?.expiresMs ?? Number.POSITIVE_INFINITY;
  return documentReply(input, view, { document: view.document, open, sameUntilMs });
}

function judgePast(revision: number, view: PastView): Refusal | undefined {
  const known = judgeRevision(view, revision);
  if (!known.ok) return known;
  if (revision >= view.compacted) return undefined;
  return refuse("compacted", `The oldest revision that can be read here is ${view.compacted}.`, {
    members: { oldest: view.compacted },
  });
}

function documentReply(
  input: ReadInput,
  view: ReadView,
  { document, open, sameUntilMs }: { document: FoundDocument; open: boolean; sameUntilMs: number },
): Reply {
  const same: [string, string][] = [
    ["etag", etagOf(document)],
    ["cache-control", `${open ? "public" : "private"}, no-cache, no-transform`],
    ["vary", VARY],
    ...shown(input, view),
    ["ledge-document-revision", String(document.revision)],
    ["ledge-modified", formatTime(document.timeMs)],
  ];
  if (isKnown(input, document)) return { status: 304, headers: same, body: "", sameUntilMs };
  const headers: [string, string][] = [
    ["content-type", document.mediaType],
    ...same,
    ["x-content-type-options", "nosniff"],
    ["content-security-policy", "sandbox; default-src 'none'; frame-ancestors 'none'"],
    ["cross-origin-resource-policy", "same-origin"],
  ];
  if (!isShown(document.mediaType)) headers.push(["content-disposition", "attachment"]);
  if (document.bytes === null) headers.push(["content-length", String(document.size)]);
  return { status: 200, headers, body: document.bytes ?? "", sameUntilMs };
}

function shown({ revision }: ReadInput, { head, lineage, pointed }: ReadView): [string, string][] {
  const headers = shownHeaders({ revision: revision ?? pointed?.revision ?? head, head, lineage });
  return pointed === undefined ? headers : [...headers, pointerHeader(pointed.pointer)];
}

function isKnown({ ifNoneMatch }: ReadInput, document: FoundDocument): boolean {
  return ifNoneMatch !== undefined && matchesWeakly(ifNoneMatch, etagOf(document));
}

function etagOf({ revision, lineage }: FoundDocument): string {
  return `"${revision}-${lineage}"`;
}

/** The one revision whose bytes need not be fetched: that of a single tag of ours. */
function knownRevision(list: TagList | undefined): number | null {
  if (list === undefined || list === "*" || list.length !== 1) return null;
  return parseEtag(list[0]?.tag ?? "")?.revision ?? null;
}
