/**
 * A client whose every call is recorded. Promise: a write is sent again with its request id until it is answered, so no
 * outcome stays unknown; what a read was told before its connection died is left out, since nobody was told.
 */
import { type Answer, ask } from "../ask.ts";
import type { Call, FeedCall, ReadCall, SentChange, ToldCause, WriteAnswer, WriteCall } from "./calls.ts";

/** Where the server is now; a run that kills it puts another there. */
export interface Place {
  url: string;
  readonly token: string;
  /** The first digits of the store's lineage, as its ETags have them. */
  readonly lineage: string;
  /** Settles when a server is there again. */
  ready: Promise<void>;
}

export interface RecordingClient {
  write(requestId: string, changes: readonly SentChange[], how: "document" | "commit"): Promise<WriteAnswer>;
  lookup(requestId: string): Promise<number | null | undefined>;
  read(ns: string, key: string, at: number | null): Promise<ReadCall["answer"] | undefined>;
  list(ns: string, limit: number): Promise<void>;
  feed(ns: string | null, from: FeedPlace, limit: number): Promise<FeedPlace>;
}

export interface FeedPlace {
  readonly after: number;
  /** Null: `since` is sent. */
  readonly cursor: string | null;
}

type Sending = Parameters<typeof ask>[3];
interface Told {
  readonly start: number;
  readonly end: number;
  readonly answer: Answer | undefined;
}

export function recordingClient(place: Place, record: Call[]): RecordingClient {
  /** One request; no answer where the connection died, or the server says that it could not now. */
  async function send(method: string, path: string, sending: Sending = {}): Promise<Told> {
    await place.ready;
    const start = performance.now();
    try {
      const answer = await ask(place, method, path, { token: place.token, ...sending });
      const end = performance.now();
      return { start, end, answer: answer.status === 503 ? undefined : answer };
    } catch {
      return { start, end: Number.POSITIVE_INFINITY, answer: undefined };
    }
  }

  return {
    async write(requestId, changes, how) {
      const { method, path, sending } = requestOf(changes, how, place.lineage);
      const headers = { ...sending.headers, "idempotency-key": requestId };
      const { start, end, answer } = await send(method, path, { ...sending, headers });
      const told = answer === undefined ? { kind: "unknown" as const } : writeAnswerOf(answer, how);
      record.push({ kind: "write", start, end, requestId, changes, answer: told });
      return told;
    },
    async lookup(requestId) {
      const path = `/v1/commits?requestId=${encodeURIComponent(requestId)}`;
      const { start, end, answer } = await send("GET", path);
      if (answer === undefined) return undefined;
      const revision: number | null = wanted(answer, 200).json.commits[0]?.revision ?? null;
      record.push({ kind: "lookup", start, end, requestId, answer: revision });
      return revision;
    },
    async read(ns, key, at) {
      const past = at === null ? "" : `&revision=${at}`;
      const { start, end, answer } = await send("GET", `/v1/read/${ns}?key=${key}${past}`);
      if (answer === undefined) return undefined;
      const text = wanted(answer, 200, 404).status === 200 ? answer.text : null;
      const made = Number(answer.headers.get("ledge-document-revision") ?? 0);
      const told = { revision: revisionOf(answer), text, made };
      record.push({ kind: "read", start, end, ns, key, at, answer: told });
      return told;
    },
    async list(ns, limit) {
      const pages: Told[] = [];
      for (let next = ""; ; ) {
        const told = await send("GET", `/v1/list/${ns}?values=text&limit=${limit}${next}`);
        if (told.answer === undefined) return;
        pages.push(told);
        const cursor: string | undefined = wanted(told.answer, 200).json.next;
        if (cursor === undefined) break;
        next = `&cursor=${encodeURIComponent(cursor)}`;
      }
      const [first] = pages;
      const revisions = new Set(pages.map(({ answer }) => answer?.json.revision));
      if (first?.answer === undefined || revisions.size !== 1)
        throw new Error(`pages show ${[...revisions]}`);
      const documents = pages.flatMap(({ answer }) => answer?.json.documents ?? []).map(listedOf);
      const answer = { revision: first.answer.json.revision, documents };
      record.push({ kind: "list", start: first.start, end: first.end, ns, answer });
    },
    async feed(ns, from, limit) {
      const where =
        from.cursor === null ? `since=${from.after}` : `cursor=${encodeURIComponent(from.cursor)}`;
      const only = ns === null ? "" : `&ns=${ns}`;
      const path = `/v1/changes?values=text&limit=${limit}&${where}${only}`;
      const { start, end, answer } = await send("GET", path);
      if (answer === undefined) return from;
      const { revision, head, cursor, commits } = wanted(answer, 200).json;
      const told: FeedCall["answer"] = { revision, head, commits: commits.map(fedOf) };
      record.push({ kind: "feed", start, end, ns, after: from.after, answer: told });
      return { after: revision, cursor };
    },
  };
}

function requestOf(changes: readonly SentChange[], how: "document" | "commit", lineage: string) {
  const [only] = changes;
  if (how === "commit" || only === undefined)
    return {
      method: "POST",
      path: "/v1/commit",
      sending: { json: { changes: changes.map(bodyOf) }, headers: {} },
    };
  const { op, ns, key, text, named } = only;
  const condition: Record<string, string> =
    named === null
      ? {}
      : named === 0
        ? { "if-none-match": "*" }
        : { "if-match": typeof named === "number" ? `"${named}-${lineage}"` : "*" };
  const path = `/v1/write/${ns}?key=${key}`;
  if (op === "delete") return { method: "DELETE", path, sending: { headers: condition } };
  const headers = { "content-type": "text/plain", ...condition };
  return { method: "PUT", path, sending: { headers, body: text ?? "" } };
}

function bodyOf({ op, ns, key, text, named }: SentChange): unknown {
  const value = op === "put" ? { mediaType: "text/plain", text: text ?? "" } : {};
  return { op, namespace: ns, key, ...value, ...(named === null ? {} : { ifRevision: named }) };
}

function writeAnswerOf(answer: Answer, how: "document" | "commit"): WriteCall["answer"] {
  const { json } = wanted(answer, 200, 201, 404, 412, 428);
  if (answer.status >= 400) {
    const causes = (json.errors ?? []).map((error: { pointer: string; etag?: string }): ToldCause => {
      const index = how === "document" ? 0 : Number(/^\/changes\/(\d+)$/.exec(error.pointer)?.[1]);
      return { index, revision: error.etag === undefined ? null : Number.parseInt(error.etag.slice(1), 10) };
    });
    return { kind: "refused", code: json.code, causes };
  }
  const results = json.changes.map(({ result, revision }: { result: string; revision: number }) => ({
    result,
    revision,
  }));
  const replayed = answer.headers.get("ledge-replayed") === "true";
  return { kind: "done", revision: json.revision, unchanged: json.unchanged, replayed, results };
}

function listedOf({ key, text, revision }: { key: string; text: string; revision: number }) {
  return { key, text, made: revision };
}

function fedOf(commit: {
  revision: number;
  changes: { op: string; namespace: string; key: string; text?: string }[];
}) {
  const changes = commit.changes.map(({ op, namespace, key, text }) => ({
    op,
    ns: namespace,
    key,
    text: text ?? null,
  }));
  return { revision: commit.revision, changes };
}

function revisionOf(answer: Answer): number {
  return Number(answer.headers.get("ledge-revision"));
}

function wanted(answer: Answer, ...statuses: readonly number[]): Answer {
  if (!statuses.includes(answer.status)) throw new Error(`${answer.status} ${answer.text}`);
  return answer;
}
