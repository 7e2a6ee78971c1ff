/**
 * GET and HEAD /v1/read/{ns}: one document now or at a revision. The order of checks is RFC 9110's: who asks,
 * then the parameters, then conditions; so a request that is malformed is looked up all the same, to judge
 * the token first.
 */
import { judgeRevision } from "../../lib/core/ancestry.ts";
import { matchesWeakly, parseTagList, type TagList } from "../../lib/core/conditions.ts";
import { allowsKey, type Verb } from "../../lib/core/grant.ts";
import type { HttpReply, HttpRequest } from "../../lib/core/http.ts";
import { isShown } from "../../lib/core/media-type.ts";
import { isReserved, parsePathNamespace } from "../../lib/core/namespace.ts";
import { integerParameter, parseQuery } from "../../lib/core/query.ts";
import { accept, type Outcome, type Refusal, refuse } from "../../lib/core/refusal.ts";
import { pickHeaders } from "../../lib/core/request-headers.ts";
import { parseEtag } from "../../lib/core/revision.ts";
import { isPublic } from "../../lib/core/settings.ts";
import { formatTime } from "../../lib/core/time.ts";
import type { Answer, Door } from "../../lib/http/answer.ts";
import {
  accessorOf,
  type Caller,
  credentialsOf,
  forbidden,
  judgeCaller,
  judgeStore,
} from "../../lib/http/caller.ts";
import { parseDocumentKey } from "../../lib/http/document-name.ts";
import {
  FRESHNESS_HEADERS,
  type Freshness,
  judgeFreshness,
  parseFreshness,
  WAIT_SECONDS_MAX,
  WAIT_STEP_MS,
} from "../../lib/http/freshness.ts";
import type { Target } from "../../lib/http/route.ts";
import {
  type FoundDocument,
  type PastView,
  type ReadView,
  readHead,
  readPast,
} from "../../lib/store/documents/view.ts";

interface ReadRequest {
  readonly namespace: string;
  readonly key: string;
  readonly revision: number | undefined;
  readonly waitMs: number;
  readonly ifNoneMatch: TagList | undefined;
  readonly freshness: Freshness;
}

const PARAMETERS = ["key", "revision", "wait"];
const HEADERS = ["if-none-match", ...FRESHNESS_HEADERS];
const MALFORMED: ReadRequest = {
  namespace: "",
  key: "",
  revision: undefined,
  waitMs: 0,
  ifNoneMatch: undefined,
  freshness: { minRevision: 0 },
};

export function getDocument(door: Door, target: Target): Answer {
  const { request, world } = door;
  const parsed = parseRead(request, target);
  const asked = parsed.ok ? parsed.value : MALFORMED;
  const credentials = credentialsOf(request);
  const accessor = accessorOf(credentials);
  let known = request.method === "HEAD" ? -1 : knownRevision(asked.ifNoneMatch);
  const { namespace, key, revision } = asked;
  const look = (): ReadView | PastView =>
    revision === undefined
      ? readHead(world.db, { namespace, key, accessor, known })
      : readPast(world.db, { namespace, key, accessor, known, revision });
  let waitedMs = 0;
  // Each look judges the caller anew: a token may end while it waits.
  for (;;) {
    const view = look();
    const unfit = judgeStore(view, door);
    if (unfit !== undefined) return unfit;
    const caller = judgeCaller(credentials, view.token, world.nowMs());
    if (!caller.ok) return caller;
    if (!parsed.ok) return caller.value.token === null ? forbidden(caller.value, "read", "it") : parsed;
    if (
      waitedMs < asked.waitMs &&
      view.head < asked.freshness.minRevision &&
      mayWait(asked, view, caller.value)
    ) {
      world.sleepMs(WAIT_STEP_MS);
      waitedMs += WAIT_STEP_MS;
    } else if (request.method === "GET" && view.document?.bytes === null && !isKnown(asked, view.document)) {
      // The same number with another lineage is another document, whose bytes were left out.
      known = null;
    } else return answerRead(asked, view, caller.value);
  }
}

/** Only who may read it, by a token: a waiting instance costs others a thread. */
function mayWait(asked: ReadRequest, view: ReadView, caller: Caller): boolean {
  return caller.token !== null && mayRead(asked, caller, { open: isPublic(view.namespace) });
}

/** By a grant over the key, or in a public namespace for its present state. */
function mayRead(asked: ReadRequest, { grants }: Caller, { open }: { open: boolean }): boolean {
  const verb = verbOf(asked);
  return (verb === "read" && open) || allowsKey(grants, verb, asked.namespace, asked.key);
}

function verbOf({ revision }: ReadRequest): Verb {
  return revision === undefined ? "read" : "history";
}

function answerRead(asked: ReadRequest, view: ReadView | PastView, caller: Caller): Answer {
  const open = isPublic(view.namespace);
  if (!mayRead(asked, caller, { open }))
    return forbidden(caller, verbOf(asked), `this key of ${asked.namespace}`);
  const behind = judgeFreshness(asked.freshness, view.head);
  if (behind !== undefined) return behind;
  if (view.namespace === null && !isReserved(asked.namespace)) {
    return refuse(
      "namespace_not_found",
      `There is no namespace ${asked.namespace}; an administrator can make it.`,
    );
  }
  if (asked.revision !== undefined && "lives" in view) {
    const gone = judgePast(asked.revision, view);
    if (gone !== undefined) return gone;
  }
  if (view.document === null) {
    return refuse("not_found", "There is no document with this key.", { headers: [...shown(asked, view)] });
  }
  return documentReply(asked, view, { document: view.document, open });
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
  asked: ReadRequest,
  view: ReadView,
  { document, open }: { document: FoundDocument; open: boolean },
): HttpReply {
  const same: [string, string][] = [
    ["etag", etagOf(document)],
    ["cache-control", `${open ? "public" : "private"}, no-cache, no-transform`],
    ["vary", "Authorization, Origin"],
    ...shown(asked, view),
    ["ledge-document-revision", String(document.revision)],
    ["ledge-modified", formatTime(document.timeMs)],
  ];
  if (isKnown(asked, document)) {
    return { status: 304, headers: same, body: "" };
  }
  const headers: [string, string][] = [
    ["content-type", document.mediaType],
    ...same,
    ["x-content-type-options", "nosniff"],
    ["content-security-policy", "sandbox; default-src 'none'; frame-ancestors 'none'"],
    ["cross-origin-resource-policy", "same-origin"],
  ];
  if (!isShown(document.mediaType)) headers.push(["content-disposition", "attachment"]);
  if (document.bytes === null) headers.push(["content-length", String(document.size)]);
  return { status: 200, headers, body: document.bytes ?? "" };
}

function shown(asked: ReadRequest, view: ReadView): [string, string][] {
  return [
    ["ledge-revision", String(asked.revision ?? view.head)],
    ["ledge-head", String(view.head)],
    ["ledge-lineage", view.lineage],
  ];
}

function isKnown({ ifNoneMatch }: ReadRequest, document: FoundDocument): boolean {
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

function parseRead(request: HttpRequest, { rest, query }: Target): Outcome<ReadRequest> {
  const slash = rest.indexOf("/");
  const namespace = parsePathNamespace(slash < 0 ? rest : rest.slice(0, slash));
  if (!namespace.ok) return namespace;
  const parameters = parseQuery(query, PARAMETERS);
  if (!parameters.ok) return parameters;
  const key = parseDocumentKey(slash < 0 ? "" : rest.slice(slash + 1), parameters.value.get("key"));
  if (!key.ok) return key;
  const revision = integerParameter(parameters.value, "revision", { min: 1, max: Number.MAX_SAFE_INTEGER });
  if (!revision.ok) return revision;
  const wait = integerParameter(parameters.value, "wait", { min: 0, max: Number.MAX_SAFE_INTEGER });
  if (!wait.ok) return wait;
  const headers = pickHeaders(request, HEADERS);
  if (!headers.ok) return headers;
  const freshness = parseFreshness(headers.value);
  if (!freshness.ok) return freshness;
  const tags = headers.value["if-none-match"];
  const list = tags === undefined ? accept(undefined) : parseTagList("If-None-Match", tags);
  if (!list.ok) return list;
  return accept({
    namespace: namespace.value,
    key: key.value,
    revision: revision.value,
    // More than this server allows is answered after what it allows.
    waitMs: Math.min(wait.value ?? 0, WAIT_SECONDS_MAX) * 1000,
    ifNoneMatch: list.value,
    freshness: freshness.value,
  });
}
