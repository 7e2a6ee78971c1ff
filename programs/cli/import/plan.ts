/**
 * What an import would do: the source compared with the store, document by document. A plan holds the state that it saw
 * of everything that it changes, so that carrying it out never overwrites what somebody did meanwhile.
 */
import type { Document } from "../../../lib/api/document-answers.ts";
import { compareUtf8 } from "../../../lib/core/utf8.ts";
import { pathTo } from "../../../packages/client/path-to.ts";
import type { Client } from "../client.ts";
import { Failure } from "../failure.ts";
import { listPages } from "../pages.ts";
import type { TreeDocument } from "../tree/document.ts";
import type { SourceContent } from "./source.ts";

/** A document as the plan found it. */
export interface PlannedBefore {
  readonly revision: number;
  readonly etag: string;
  readonly mediaType: string;
  readonly size: number;
  /** Its text, where it is one. */
  readonly text: string | undefined;
}

export type PlannedChange = { readonly namespace: string; readonly key: string } & (
  | { readonly op: "create"; readonly after: TreeDocument }
  | { readonly op: "change"; readonly before: PlannedBefore; readonly after: TreeDocument }
  | { readonly op: "delete"; readonly before: PlannedBefore }
);

export interface ImportPlan {
  /** Creates and changes, then deletions, each by namespace and key. */
  readonly changes: readonly PlannedChange[];
  readonly unchanged: number;
  /** Namespaces that documents go into and that are not there. */
  readonly missing: readonly string[];
  /** The newest state that was compared with; 0 where nothing was. */
  readonly revision: number;
}

export interface PlanScope {
  /** Whether documents that the source does not hold are deleted. */
  readonly prune: boolean;
  /** Nothing outside it is looked at, let alone deleted. */
  readonly prefix: string;
  /** What the source leaves out is left alone; takes a path as the source names it. */
  readonly isKept: (namespace: string, key: string) => boolean;
}

export async function makePlan(client: Client, source: SourceContent, scope: PlanScope): Promise<ImportPlan> {
  const wanted = new Map<string, Map<string, TreeDocument>>();
  if (scope.prune) for (const namespace of source.namespaces) wanted.set(namespace, new Map());
  for (const document of source.documents) {
    const of = wanted.get(document.namespace) ?? new Map<string, TreeDocument>();
    wanted.set(document.namespace, of.set(document.key, document));
  }
  const found: PlannedChange[] = [];
  const missing: string[] = [];
  let [unchanged, revision] = [0, 0];
  for (const [namespace, documents] of wanted) {
    const compared = await compareNamespace(client, { namespace, documents }, scope);
    found.push(...compared.changes);
    unchanged += compared.unchanged;
    revision = Math.max(revision, compared.revision);
    if (compared.isMissing && documents.size > 0) missing.push(namespace);
  }
  return { changes: found.sort(inOrder), unchanged, missing: missing.sort(), revision };
}

interface Wanted {
  readonly namespace: string;
  readonly documents: ReadonlyMap<string, TreeDocument>;
}

interface Compared {
  readonly changes: readonly PlannedChange[];
  readonly unchanged: number;
  readonly revision: number;
  readonly isMissing: boolean;
}

async function compareNamespace(client: Client, wanted: Wanted, scope: PlanScope): Promise<Compared> {
  const { namespace, documents } = wanted;
  const changes: PlannedChange[] = [];
  const left = new Map(documents);
  let [unchanged, revision] = [0, 0];
  try {
    for await (const page of listPages(client, namespace, { prefix: scope.prefix, values: "text" })) {
      revision = page.revision;
      for (const listed of page.documents) {
        const { key } = listed;
        const after = left.get(key);
        left.delete(key);
        if (after === undefined) {
          if (scope.prune && !scope.isKept(namespace, key))
            changes.push({ op: "delete", namespace, key, before: beforeOf(listed) });
        } else if (await isSame(client, listed, after)) unchanged += 1;
        else changes.push({ op: "change", namespace, key, before: beforeOf(listed), after });
      }
    }
  } catch (error) {
    if (!(error instanceof Failure) || error.code !== "namespace_not_found") throw error;
    return { changes: createsOf(documents), unchanged: 0, revision: 0, isMissing: true };
  }
  return { changes: [...changes, ...createsOf(left)], unchanged, revision, isMissing: false };
}

function createsOf(documents: ReadonlyMap<string, TreeDocument>): PlannedChange[] {
  return [...documents.values()].map((after) => ({
    op: "create",
    namespace: after.namespace,
    key: after.key,
    after,
  }));
}

function beforeOf({ revision, etag, mediaType, size, text }: Document): PlannedBefore {
  return { revision, etag, mediaType, size, text };
}

/** Bytes that are no text come with no page, and are fetched only where they may be equal. */
async function isSame(
  client: Client,
  listed: Document,
  { bytes, mediaType }: TreeDocument,
): Promise<boolean> {
  if (listed.mediaType !== mediaType || listed.size !== bytes.length) return false;
  if (listed.text !== undefined) return Buffer.from(listed.text).equals(bytes);
  const { namespace, key } = listed;
  const reply = await client.request("GET", pathTo`/v1/read/${namespace}`, { query: { key } });
  return reply.headers.get("etag") === listed.etag && Buffer.from(reply.bytes).equals(bytes);
}

function inOrder(left: PlannedChange, right: PlannedChange): number {
  const isDelete = (one: PlannedChange) => Number(one.op === "delete");
  return (
    isDelete(left) - isDelete(right) ||
    compareUtf8(left.namespace, right.namespace) ||
    compareUtf8(left.key, right.key)
  );
}
