/** An origin or another agent as a source: lists for a snapshot, the feed for what comes after. */
import type { FeedPage, Lineage, ListPage } from "../../lib/api/document-answers.ts";
import { formatCursor } from "../../lib/core/cursor.ts";
import { namespaceOfSetting, SYSTEM_KINDS } from "../../lib/core/grant.ts";
import { SYSTEM } from "../../lib/core/namespace.ts";
import { bytesOfBase64 } from "../client/document.ts";
import { LedgeError } from "../client/errors.ts";
import type { AnswerHeaders } from "../client/fetch.ts";
import { openServer, type ServerClient, type ServerOptions } from "../client/server.ts";
import type {
  AskedFor,
  ChangesPage,
  Place,
  ReplicaChange,
  ReplicaDocument,
  ReplicaLife,
  SnapshotPage,
  Source,
  SourceHistory,
  SourceKind,
} from "./source.ts";

const PAGE_LIMIT = 1000;
/** Epochs begin at multiples of this. */
const EPOCH = 2 ** 40;

/** What an agent says with each answer, and an origin does not: where it has its state from. */
export const SOURCE_HEADER = "ledge-source";

export function httpSource(options: ServerOptions): Source {
  let kind: SourceKind = "origin";
  // What is sent again, and when, is the agent's affair: it has other sources.
  const server = openServer({ ...options, attempts: 1 });
  return {
    get kind() {
      return kind;
    },
    name: options.url,
    async history(namespace, signal) {
      const { history, isAgent } = await readHistory(server, namespace, signal);
      kind = isAgent ? "relay" : "origin";
      return history;
    },
    snapshot: (namespace, next, signal) => readSnapshot(server, { namespace, next, signal }),
    changes: (namespace, after, asked) => readChanges(server, { namespace, after, asked }),
  };
}

async function readHistory(
  server: ServerClient,
  namespace: string,
  signal: AbortSignal,
): Promise<{ readonly history: SourceHistory; readonly isAgent: boolean }> {
  const query = { ns: namespace };
  const answer = await server.ask({ method: "GET", path: "/v1/lineage", query, signal });
  const { lives, head }: Lineage = JSON.parse(new TextDecoder().decode(answer.bytes));
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

/** Which list it is at, and how far: the namespace first, then the documents of `_system` by their kinds. */
interface SnapshotPart {
  readonly part: number;
  readonly cursor?: string;
  readonly place?: Place;
}

async function readSnapshot(
  server: ServerClient,
  { namespace, next, signal }: { namespace: string; next: string | undefined; signal: AbortSignal },
): Promise<SnapshotPage> {
  const at: SnapshotPart = next === undefined ? { part: 0 } : JSON.parse(next);
  const kind = SYSTEM_KINDS[at.part - 1];
  const answer = await server.ask({
    method: "GET",
    path: `/v1/list/${kind === undefined ? namespace : SYSTEM}`,
    query: {
      prefix: kind === undefined ? undefined : `${kind}/${namespace}`,
      values: "bytes",
      limit: PAGE_LIMIT,
      cursor: at.cursor,
    },
    signal,
  });
  const page: ListPage = JSON.parse(new TextDecoder().decode(answer.bytes));
  // The later parts may be of a later state: what follows brings the first one there, before anybody reads it.
  const place = at.place ?? { lineage: lineageOf(answer.headers), revision: page.revision };
  const documents = page.documents.filter((one) => belongs(one, namespace)).map(documentOf);
  return { place, documents, next: nextPart(at.part, page.next, place) };
}

function nextPart(part: number, cursor: string | undefined, place: Place): string | undefined {
  if (cursor !== undefined) return JSON.stringify({ part, cursor, place });
  return part < SYSTEM_KINDS.length ? JSON.stringify({ part: part + 1, place }) : undefined;
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
  server: ServerClient,
  { namespace, after, asked }: { namespace: string; after: Place; asked: AskedFor },
): Promise<ChangesPage> {
  const ns = [namespace, SYSTEM].sort().join();
  const { lineage, revision } = after;
  const answer = await server.ask({
    method: "GET",
    path: "/v1/changes",
    query: {
      ns,
      values: "bytes",
      limit: PAGE_LIMIT,
      // A position is no secret and grants nothing: anybody may write one (lib/core/cursor.ts).
      cursor: formatCursor({ kind: "feed", lineage, revision, filter: [ns, ""], after: "" }),
    },
    waitSeconds: asked.waitSeconds,
    signal: asked.signal,
  });
  const page: FeedPage = JSON.parse(new TextDecoder().decode(answer.bytes));
  return {
    place: { lineage: lineageOf(answer.headers), revision: page.revision },
    head: page.head,
    commits: page.commits.map(({ revision, id, time, actor, author, message, changes }) => ({
      revision,
      id,
      timeMs: Date.parse(time),
      actor,
      author,
      message,
      changes: changes.filter((one) => belongs(one, namespace)).map(changeOf),
    })),
  };
}

/** A document of the namespace, or of `_system` about it. */
function belongs(one: { readonly namespace: string; readonly key: string }, namespace: string): boolean {
  return one.namespace === namespace || namespaceOfSetting(one.key) === namespace;
}

function changeOf(change: FeedPage["commits"][number]["changes"][number]): ReplicaChange {
  const { op, namespace, key } = change;
  if (op !== "put") return { op, namespace, key };
  const bytes = change.superseded === true ? undefined : bytesOf(change);
  return { op, namespace, key, mediaType: change.mediaType, bytes };
}

function lineageOf(headers: AnswerHeaders): string {
  const lineage = headers.get("ledge-lineage");
  if (lineage === null)
    throw new LedgeError("bad_answer", "The answer names no lineage; is that a server of Ledge?");
  return lineage;
}
