/**
 * Documents on their way from a server into a folder. Promise: one revision for everything, where the token may read the
 * past; a token that may not gets each namespace at one revision, and what is newer than the rest is told.
 */
import type { Document } from "../../../lib/api/document-answers.ts";
import { pathTo } from "../../../packages/client/path-to.ts";
import type { Client } from "../client.ts";
import { EXIT, Failure } from "../failure.ts";
import { countWords } from "../output.ts";
import { listPages, type NamespacePage } from "../pages.ts";
import { openProgress } from "../progress.ts";
import type { TreeDocument } from "../tree/document.ts";
import type { TreeWriter } from "../tree/writer.ts";

export interface ExportedTree {
  readonly documents: number;
  readonly bytes: number;
  readonly revision: number;
  /** What is newer than `revision`, or went away meanwhile: only where others wrote, and the past is not to be seen. */
  readonly newer: readonly string[];
}

/** `revision` is a past one that was asked for by number. */
export async function exportDocuments(
  client: Client,
  writer: TreeWriter,
  { namespaces, revision }: { readonly namespaces: readonly string[]; readonly revision: number | undefined },
): Promise<ExportedTree> {
  const progress = openProgress(1);
  const newer: string[] = [];
  let [documents, bytes] = [0, 0];
  let pinned = revision;
  for (const namespace of namespaces) {
    const asked = { namespace, revision, pinned };
    for await (const page of pagesOf(client, asked)) {
      pinned ??= page.revision;
      if (page.revision !== pinned && !newer.includes(namespace)) newer.push(namespace);
      writer.addNamespace(namespace);
      for (const listed of page.documents) {
        const { document, isNewer } = await withBytes(client, listed, { revision, shown: page.revision });
        if (isNewer) newer.push(`${namespace}/${listed.key}`);
        if (document === undefined) continue;
        writer.write(document);
        documents += 1;
        bytes += document.bytes.length;
        progress.to(0, `exporting: ${countWords(documents, "document")}`);
      }
    }
  }
  progress.end(`${countWords(documents, "document")} at revision ${pinned ?? 0}`);
  return { documents, bytes, revision: pinned ?? 0, newer };
}

interface AskedPages {
  readonly namespace: string;
  readonly revision: number | undefined;
  /** The revision of the namespaces before this one. */
  readonly pinned: number | undefined;
}

async function* pagesOf(
  client: Client,
  { namespace, revision, pinned }: AskedPages,
): AsyncGenerator<NamespacePage> {
  if (revision !== undefined) return yield* listPages(client, namespace, { revision, values: "text" });
  let isFirst = true;
  for await (const page of listPages(client, namespace, { values: "text" })) {
    if (isFirst && pinned !== undefined && page.revision !== pinned) {
      const past = await orForbidden(
        listPages(client, namespace, { revision: pinned, values: "text" }).next(),
      );
      if (past !== undefined)
        return yield* listPages(client, namespace, { revision: pinned, values: "text" });
    }
    isFirst = false;
    yield page;
  }
}

/** Bytes that are no text come with no page; they are read as they are now, and as they were only where that differs. */
async function withBytes(
  client: Client,
  { namespace, key, mediaType, etag, text }: Document,
  { revision, shown }: { readonly revision: number | undefined; readonly shown: number },
): Promise<{ document: TreeDocument | undefined; isNewer: boolean }> {
  const read = async (at: number | undefined) => {
    const reply = await client.request("GET", pathTo`/v1/read/${namespace}`, {
      query: { key, revision: at },
    });
    const type = reply.headers.get("content-type") ?? mediaType;
    return {
      etag: reply.headers.get("etag"),
      document: { namespace, key, mediaType: type, bytes: reply.bytes },
    };
  };
  if (text !== undefined) {
    const bytes = new TextEncoder().encode(text);
    return { document: { namespace, key, mediaType, bytes }, isNewer: false };
  }
  const now = await orAbsent(read(revision));
  if (now?.etag === etag) return { document: { ...now.document, mediaType }, isNewer: false };
  const past = await orForbidden(read(shown));
  return past === undefined
    ? { document: now?.document, isNewer: true }
    : { document: past.document, isNewer: false };
}

function orForbidden<T>(answer: Promise<T>): Promise<T | undefined> {
  return unless(answer, EXIT.auth);
}

function orAbsent<T>(answer: Promise<T>): Promise<T | undefined> {
  return unless(answer, EXIT.absent);
}

async function unless<T>(answer: Promise<T>, exit: number): Promise<T | undefined> {
  try {
    return await answer;
  } catch (error) {
    if (error instanceof Failure && error.exit === exit) return undefined;
    throw error;
  }
}
