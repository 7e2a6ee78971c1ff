/** Reads of documents that several views make. */

import type { NamespacesPage } from "../../../lib/api/admin-answers.ts";
import type { DiffPage, Document, ListPage } from "../../../lib/api/document-answers.ts";
import { isNamespaceName } from "../../../lib/core/namespace.ts";
import { schemaKey } from "../../../lib/core/schema-key.ts";
import { scopeCoversKey } from "../../../lib/core/scope.ts";
import { part, read, server } from "./server.ts";
import { may, mayAll, whoami } from "./session.ts";

export interface NamespaceEntry {
  readonly name: string;
  readonly description?: string | undefined;
  readonly keys?: number;
  readonly bytes?: number;
}

/** Those that the token reaches. Only who administers all is told their sizes. */
export async function readNamespaces(signal?: AbortSignal): Promise<NamespaceEntry[]> {
  if (mayAll("admin")) {
    const all = await pages<NamespacesPage>("/v1/admin/namespaces", { limit: 1000 }, signal);
    return all.flatMap(({ namespaces }) => namespaces);
  }
  const named = (whoami.value?.grants ?? []).map(({ namespace }) => namespace).filter(isNamespaceName);
  const settings = await readSystem("namespace/", signal).catch(() => []);
  const whole = settings.map(({ key }) => key.slice("namespace/".length));
  const names = [...new Set([...named, ...whole])].filter((name) => !name.startsWith("_"));
  return names.sort().map((name) => ({ name }));
}

/** Documents of `_system` below a prefix, with what they hold. Empty where the token may read none. */
export async function readSystem(prefix: string, signal?: AbortSignal): Promise<Document[]> {
  const all = await pages<ListPage>("/v1/list/_system", { prefix, values: "json", limit: 1000 }, signal);
  return all.flatMap(({ documents }) => documents);
}

export function listFolder(
  namespace: string,
  query: { prefix: string; cursor?: string | undefined; revision?: number | undefined },
  signal?: AbortSignal,
): Promise<ListPage> {
  return read(
    `/v1/list/${part(namespace)}`,
    { ...query, delimiter: "/", values: "none", limit: 1000 },
    signal,
  );
}

/** All documents below a prefix, without what they hold. */
export async function listFolderDocuments(namespace: string, prefix: string): Promise<Document[]> {
  const all = await pages<ListPage>(`/v1/list/${part(namespace)}`, { prefix, values: "none", limit: 1000 });
  return all.flatMap(({ documents }) => documents);
}

/** A document's bytes as they are stored, and what is known of them. */
export interface Stored {
  readonly bytes: Uint8Array;
  readonly mediaType: string;
  readonly etag: string;
  /** The commit that made it. */
  readonly revision: number;
  readonly modified: string;
  /** The state that this is of. */
  readonly shown: number;
}

export async function readDocument(
  namespace: string,
  key: string,
  { revision, signal }: { revision?: number | undefined; signal?: AbortSignal } = {},
): Promise<Stored> {
  const path = `/v1/read/${part(namespace)}`;
  const { headers, bytes } = await server.ask({ method: "GET", path, query: { key, revision }, signal });
  return {
    bytes,
    mediaType: headers.get("content-type") ?? "application/octet-stream",
    etag: headers.get("etag") ?? "",
    revision: Number(headers.get("ledge-document-revision")),
    modified: headers.get("ledge-modified") ?? "",
    shown: Number(headers.get("ledge-revision")),
  };
}

export function readDiff(
  namespace: string,
  query: Readonly<Record<string, string | number | undefined>>,
  signal?: AbortSignal,
): Promise<DiffPage> {
  return read(`/v1/diff/${part(namespace)}`, query, signal);
}

/** The schema that counts for a key: of those that cover it the one with the longest scope. */
export async function readSchemaFor(
  namespace: string,
  key: string,
  signal?: AbortSignal,
): Promise<{ scope: string; schema: unknown } | undefined> {
  if (!may("read", namespace)) return undefined;
  const prefix = schemaKey({ namespace, scope: "" });
  const all = await readSystem(prefix, signal).catch(() => []);
  const covering = all
    .map((one) => ({ scope: one.key.slice(prefix.length), schema: one.value }))
    .filter(({ scope }) => scopeCoversKey(scope, key))
    .sort((a, b) => b.scope.length - a.scope.length);
  return covering[0];
}

/** All pages of a list, one after the other. */
export async function pages<Page extends { next?: string | undefined }>(
  path: string,
  query: Readonly<Record<string, string | number | undefined>>,
  signal?: AbortSignal,
): Promise<Page[]> {
  const all: Page[] = [];
  for (let cursor: string | undefined; ; ) {
    const page = await read<Page>(path, { ...query, cursor }, signal);
    all.push(page);
    cursor = page.next;
    if (cursor === undefined) return all;
  }
}
