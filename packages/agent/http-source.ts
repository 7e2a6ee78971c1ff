/** An origin or another agent as a source: lists for a snapshot, the feed for what comes after. */
import type * as z from "zod/mini";
import { DiffPage, FeedPage, Lineage, ListPage } from "../../lib/api/document-answers.ts";
import { formatCursor } from "../../lib/core/cursor.ts";
import { namespaceOfSetting, SYSTEM_KINDS } from "../../lib/core/grant.ts";
import { SYSTEM } from "../../lib/core/namespace.ts";
import { edgeKey } from "../../lib/core/rollout/documents.ts";
import { bytesOfBase64 } from "../client/document.ts";
import { LedgeError } from "../client/errors.ts";
import type { AnswerHeaders } from "../client/fetch.ts";
import { pathTo } from "../client/path-to.ts";
import { openServer, type ServerAnswer, type ServerClient, type ServerOptions } from "../client/server.ts";
import { type AskPage, openPages } from "./pages.ts";
import type {
  AskedFor,
  ChangesPage,
  DifferencePage,
  Place,
  ReplicaChange,
  ReplicaDocument,
  ReplicaLife,
  SnapshotPage,
  Source,
  SourceHistory,
  SourceKind,
  Subject,
} from "./source.ts";

/** Where the documents about edges lie. */
const EDGES = edgeKey("");
/** Epochs begin at multiples of this. */
const EPOCH = 2 ** 40;

/** What an agent says with each answer, and an origin does not: where it has its state from. */
export const SOURCE_HEADER = "ledge-source";
/** What an agent's feed says besides: through which agents it has come. */
export const VIA_HEADER = "ledge-via";
/** More agents than that stand in no row; who is sent more reads no further. */
export const VIA_MAX = 32;

/** `name` is for people; default: the address. */
export function httpSource(options: ServerOptions, name = options.url): Source {
  let kind: SourceKind = "origin";
  // What is sent again, and when, is the agent's affair: it has other sources.
  const server = openServer({ ...options, attempts: 1 });
  const pages = { list: openPages(server), feed: openPages(server), diff: openPages(server) };
  return {
    get kind() {
      return kind;
    },
    name,
    async history({ namespace }, signal) {
      const { history, isAgent } = await readHistory(server, namespace, signal);
      kind = isAgent ? "relay" : "origin";
      return history;
    },
    snapshot: (subject, next, signal) => readSnapshot(pages, { subject, next, signal }),
    async changes(subject, after, asked) {
      const { page, isAgent } = await readChanges(pages.feed, { subject, after, asked });
      kind = isAgent ? "relay" : "origin";
      return page;
    },
    difference: (subject, from, at) => readDifference(pages.diff, { subject, from, ...at }),
  };
}

async function readHistory(
  server: ServerClient,
  namespace: string,
  signal: AbortSignal,
): Promise<{ readonly history: SourceHistory; readonly isAgent: boolean }> {
  const query = { ns: namespace };
  const answer = await server.ask({ method: "GET", path: "/v1/lineage", query, signal });
  const { lives, head } = contentOf(Lineage, answer);
  const history = {
    head,
    lives: lives.map(
      ({ lineage, firstRevision, parentRevision = null }, at): ReplicaLife => ({
        epoch: Math.floor(firstRevision / EPOCH),
        lineage,
        firstRevision,
        parent: lives[at - 1]?.lineage ?? null,
        parentRevision,
      }),
    ),
  };
  return { history, isAgent: answer.headers.has(SOURCE_HEADER) };
}

/** Which part it is at, and how far: the documents first, then those of `_system` by their kinds. */
interface SnapshotPart {
  readonly part: number;
  readonly cursor?: string | undefined;
  readonly place?: Place;
  readonly settings?: Place;
}

async function readSnapshot(
  pages: { readonly list: AskPage; readonly diff: AskPage },
  { subject, next, signal }: { subject: Subject; next: string | undefined; signal: AbortSignal },
): Promise<SnapshotPage> {
  const at: SnapshotPart = next === undefined ? { part: 0 } : JSON.parse(next);
  if (at.part === 0 && subject.channel !== undefined)
    return readPointedState(pages.diff, { subject, at, signal });
  const prefix = settingsPrefix(subject, at.part);
  const answer = await pages.list({
    path: pathTo`/v1/list/${prefix === undefined ? subject.namespace : SYSTEM}`,
    query: { prefix, values: "bytes", cursor: at.cursor },
    signal,
  });
  const page = contentOf(ListPage, answer);
  const shown = { lineage: lineageOf(answer.headers), revision: page.revision };
  // The later parts may be of a later state: what follows brings the first one there, before anybody reads it.
  const place = at.place ?? shown;
  const settings = prefix === undefined ? undefined : (at.settings ?? shown);
  const documents = page.documents.filter((one) => belongs(one, subject)).map(documentOf);
  return pageOf(subject, { documents, place, settings, part: at.part, cursor: page.next });
}

/** The documents that a channel gives: what differs from nothing. */
async function readPointedState(
  ask: AskPage,
  { subject, at, signal }: { subject: Subject; at: SnapshotPart; signal: AbortSignal },
): Promise<SnapshotPage> {
  const { page, lineage } = await askDifference(ask, { subject, from: 0, cursor: at.cursor, signal });
  const place = at.place ?? { lineage, revision: page.to };
  const documents = page.entries.flatMap(({ after }) => (after === undefined ? [] : [documentOf(after)]));
  return pageOf(subject, { documents, place, settings: undefined, part: 0, cursor: page.next });
}

function pageOf(
  subject: Subject,
  {
    documents,
    place,
    settings,
    part,
    cursor,
  }: Pick<SnapshotPage, "documents" | "place"> & {
    readonly settings: Place | undefined;
    readonly part: number;
    readonly cursor: string | undefined;
  },
): SnapshotPage {
  const known = settings === undefined ? { place } : { place, settings };
  const goesOn = cursor !== undefined || settingsPrefix(subject, part + 1) !== undefined;
  const next = goesOn
    ? JSON.stringify({ part: cursor === undefined ? part + 1 : part, cursor, ...known })
    : undefined;
  return { documents, place, next, ...(next === undefined ? { settings } : {}) };
}

/** What is listed of `_system` in a part after the first; undefined for the first and after the last. */
function settingsPrefix({ namespace }: Subject, part: number): string | undefined {
  const kind = SYSTEM_KINDS[part - 1];
  if (kind !== undefined) return `${kind}/${namespace}`;
  return part === SYSTEM_KINDS.length + 1 ? EDGES : undefined;
}

async function askDifference(
  ask: AskPage,
  {
    subject: { namespace, channel, edge },
    from,
    cursor,
    signal,
  }: { subject: Subject; from: number; cursor: string | undefined; signal: AbortSignal },
): Promise<{ readonly page: DiffPage; readonly lineage: string }> {
  const answer = await ask({
    path: pathTo`/v1/diff/${namespace}`,
    query: { from, channel, edge, values: "bytes", cursor },
    signal,
  });
  return { page: contentOf(DiffPage, answer), lineage: lineageOf(answer.headers) };
}

async function readDifference(
  ask: AskPage,
  {
    subject,
    from,
    next,
    signal,
  }: { subject: Subject; from: number; next: string | undefined; signal: AbortSignal },
): Promise<DifferencePage> {
  const { page } = await askDifference(ask, { subject, from, cursor: next, signal });
  return {
    to: page.to,
    documents: page.entries.flatMap(({ after }) => (after === undefined ? [] : [documentOf(after)])),
    ended: page.entries.flatMap(({ key, after }) => (after === undefined ? [key] : [])),
    next: page.next,
  };
}

function documentOf(one: ListPage["documents"][number]): ReplicaDocument {
  const { namespace, key, revision, createdRevision = revision, version = 1, mediaType, modified } = one;
  const modifiedMs = Date.parse(modified);
  return { namespace, key, revision, createdRevision, version, mediaType, modifiedMs, bytes: bytesOf(one) };
}

function bytesOf({ text, base64 }: { text?: string | undefined; base64?: string | undefined }): Uint8Array {
  return base64 === undefined ? new TextEncoder().encode(text ?? "") : bytesOfBase64(base64);
}

async function readChanges(
  ask: AskPage,
  { subject, after, asked }: { subject: Subject; after: Place; asked: AskedFor },
): Promise<{ readonly page: ChangesPage; readonly isAgent: boolean }> {
  const ns = (subject.channel === undefined ? [subject.namespace, SYSTEM] : [SYSTEM]).sort().join();
  const { lineage, revision } = after;
  const answer = await ask({
    path: "/v1/changes",
    query: {
      ns,
      values: "bytes",
      // A position is no secret and grants nothing: anybody may write one (lib/core/cursor.ts).
      cursor: formatCursor({ kind: "feed", lineage, revision, filter: [ns, ""], after: "" }),
    },
    waitSeconds: asked.waitSeconds,
    signal: asked.signal,
  });
  const page = contentOf(FeedPage, answer);
  // A source that has not come so far says so in another way.
  if (page.revision < revision) throw notLedge(`its feed goes back, from ${revision} to ${page.revision}`);
  const told = {
    place: { lineage: lineageOf(answer.headers), revision: page.revision },
    head: page.head,
    ageSeconds: Math.max(0, Number(answer.headers.get("age") ?? 0)) || 0,
    via: viaOf(answer.headers),
    commits: page.commits.map(({ revision, id, time, actor, author, message, changes }) => ({
      revision,
      id,
      timeMs: Date.parse(time),
      actor,
      author,
      message,
      changes: changes.filter((one) => belongs(one, subject)).map(changeOf),
    })),
  };
  return { page: told, isAgent: answer.headers.has(SOURCE_HEADER) };
}

function viaOf(headers: AnswerHeaders): readonly string[] {
  const ids = (headers.get(VIA_HEADER) ?? "").split(",", VIA_MAX);
  return ids.map((id) => id.trim()).filter((id) => /^[0-9a-f]{12}$/.test(id));
}

/**
 * A document of the namespace, or of `_system` about it, or about edges: the source shows those that the token reports for, its
 * own one, and a relay's all that are behind it.
 */
function belongs(one: { readonly namespace: string; readonly key: string }, { namespace }: Subject): boolean {
  if (one.namespace === namespace || namespaceOfSetting(one.key) === namespace) return true;
  return one.namespace === SYSTEM && one.key.startsWith(EDGES);
}

function changeOf(change: FeedPage["commits"][number]["changes"][number]): ReplicaChange {
  const { op, namespace, key } = change;
  if (op !== "put") return { op, namespace, key };
  const bytes = change.superseded === true ? undefined : bytesOf(change);
  return { op, namespace, key, mediaType: change.mediaType, bytes };
}

function lineageOf(headers: AnswerHeaders): string {
  const lineage = headers.get("ledge-lineage");
  if (lineage === null) throw notLedge("it names no lineage");
  return lineage;
}

/** What stands between may answer in the place of a server: a proxy, or the page of a hotel's network. */
function contentOf<Schema extends z.ZodMiniType>(schema: Schema, { bytes }: ServerAnswer): z.infer<Schema> {
  let content: unknown;
  try {
    content = JSON.parse(new TextDecoder().decode(bytes));
  } catch {
    throw notLedge("it is no JSON");
  }
  const parsed = schema.safeParse(content);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw notLedge(`/${issue?.path.join("/") ?? ""}: ${issue?.message ?? "it has another shape"}`);
}

function notLedge(why: string): LedgeError {
  return new LedgeError("bad_answer", `The answer is not one of Ledge: ${why}. Is that a server of Ledge?`);
}
