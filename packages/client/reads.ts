/**
 * Reads of documents. Promise: a document that has not changed is not sent again; where the server does not answer, the
 * last one that it gave is given, and says that it is stale; a refusal is never hidden by one.
 */
import type { ListPage } from "../../lib/api/document-answers.ts";
import { bytesOfBase64, type ConfigDocument } from "./document.ts";
import { LedgeError } from "./errors.ts";
import type { AnswerHeaders } from "./fetch.ts";
import type { KnownDocuments } from "./known.ts";
import { pathTo } from "./path-to.ts";
import type { ServerClient } from "./server.ts";

export interface ReadWorld {
  readonly server: ServerClient;
  readonly namespace: string;
  readonly known: KnownDocuments;
  /** So long a document is given without asking, in milliseconds. */
  readonly maxAgeMs: number;
  /** The oldest state that may be shown. */
  minRevision(): number;
  onTrouble(error: unknown): void;
}

/** A document, and the revision of the state that shows it or shows that there is none. */
interface Read {
  readonly document: ConfigDocument | undefined;
  readonly revision: number;
}

const MIN_REVISION_WAIT_SECONDS = 5;

export async function readOne(world: ReadWorld, key: string): Promise<ConfigDocument | undefined> {
  const { known, namespace, maxAgeMs } = world;
  const last = await known.find(namespace, key);
  if (last !== undefined && Date.now() - last.checkedMs < maxAgeMs) return last.document;
  try {
    return (await readNow(world, key)).document;
  } catch (error) {
    if (last === undefined || !isAway(error)) throw error;
    world.onTrouble(error);
    return { ...last.document, stale: true };
  }
}

const ROUNDS = 5;

/**
 * Documents of one state. Each was as it is from its own revision on up to the state that showed it, so that all are of
 * one state once none is newer than the oldest state; only what is behind is asked for again.
 */
export async function readMany(
  world: ReadWorld,
  keys: readonly string[],
): Promise<ReadonlyMap<string, ConfigDocument>> {
  const reads = new Map<string, Read>();
  let needed = 0;
  for (let round = 0; round < ROUNDS; round += 1) {
    const behind = keys.filter((key) => (reads.get(key)?.revision ?? -1) < needed);
    const asked = await Promise.all(
      behind.map(async (key) => [key, await readNow(world, key, needed)] as const),
    );
    for (const [key, read] of asked) reads.set(key, read);
    // What is not there may have been there a moment ago.
    needed = Math.max(
      0,
      ...[...reads.values()].map(({ document, revision }) => document?.revision ?? revision),
    );
    if ([...reads.values()].every(({ revision }) => revision >= needed)) {
      const found = [...reads].flatMap(([key, { document }]) =>
        document === undefined ? [] : [[key, document] as const],
      );
      return new Map(found);
    }
  }
  throw new LedgeError("busy", "The documents changed faster than they could be read together.", {
    retryable: true,
  });
}

async function readNow(world: ReadWorld, key: string, minRevision = 0): Promise<Read> {
  const { server, namespace, known } = world;
  const last = (await known.find(namespace, key))?.document;
  const least = Math.max(minRevision, world.minRevision());
  try {
    const { status, headers, bytes } = await server.ask({
      method: "GET",
      path: pathTo`/v1/read/${namespace}`,
      query: { key },
      headers: { "if-none-match": last?.etag, "ledge-min-revision": least > 0 ? String(least) : undefined },
      ...(least > 0 ? { waitSeconds: MIN_REVISION_WAIT_SECONDS } : {}),
    });
    const revision = Number(headers.get("ledge-revision"));
    const document =
      status === 304 && last !== undefined ? last : documentOf(namespace, key, { headers, bytes });
    known.put(document, Date.now());
    return { document, revision };
  } catch (error) {
    if (!(error instanceof LedgeError) || error.code !== "not_found") throw error;
    known.forget(namespace, key);
    return { document: undefined, revision: Number(error.shownRevision ?? least) };
  }
}

function documentOf(
  namespace: string,
  key: string,
  { headers, bytes }: { readonly headers: AnswerHeaders; readonly bytes: Uint8Array },
): ConfigDocument {
  const etag = headers.get("etag");
  if (etag === null) throw new LedgeError("bad_answer", "The answer has no ETag; is that a server of Ledge?");
  return {
    namespace,
    key,
    etag,
    revision: Number(headers.get("ledge-document-revision")),
    mediaType: headers.get("content-type") ?? "",
    modified: headers.get("ledge-modified") ?? "",
    bytes,
    stale: false,
  };
}

export interface Listed {
  readonly revision: number;
  readonly documents: readonly ConfigDocument[];
}

/** All documents whose keys begin with a prefix, of one state. */
export async function readAll(
  { server, namespace, known }: ReadWorld,
  prefix: string,
  signal?: AbortSignal,
): Promise<Listed> {
  const documents: ConfigDocument[] = [];
  let cursor: string | undefined;
  for (;;) {
    const page = await server.json<ListPage>({
      method: "GET",
      path: pathTo`/v1/list/${namespace}`,
      query: { prefix: prefix || undefined, values: "bytes", limit: 1000, cursor },
      signal,
    });
    for (const { key, etag, revision, mediaType, modified, text, base64 } of page.documents) {
      const bytes = base64 === undefined ? new TextEncoder().encode(text ?? "") : bytesOfBase64(base64);
      const document = { namespace, key, etag, revision, mediaType, modified, bytes, stale: false };
      known.put(document, Date.now());
      documents.push(document);
    }
    if (page.next === undefined) return { revision: page.revision, documents };
    cursor = page.next;
  }
}

/** Nobody answers, or nobody can now: what was read last may stand in. */
function isAway(error: unknown): boolean {
  return (
    error instanceof LedgeError && (error.retryable || error.status >= 500 || error.code === "unreachable")
  );
}
