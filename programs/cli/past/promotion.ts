/**
 * A promotion: what makes one namespace as another one is, planned by the server's comparison. The plan names the
 * revision of everything that it replaces, so that what somebody else changed meanwhile is not overwritten.
 */
import { type DiffEntry, DiffPage, type Document } from "../../../lib/api/document-answers.ts";
import { pathTo } from "../../../packages/client/path-to.ts";
import type { Client } from "../client.ts";
import { EXIT, Failure } from "../failure.ts";
import type { ImportPlan, PlannedBefore, PlannedChange } from "../import/plan.ts";
import { followPages } from "../pages.ts";
import type { TreeDocument } from "../tree/document.ts";

export interface Promotion {
  readonly from: string;
  readonly to: string;
  /** The state of `from` that is taken over. */
  readonly revision: number;
  readonly plan: ImportPlan;
}

export interface PromotionAsked {
  readonly from: string;
  readonly to: string;
  readonly prefix: string;
  /** Only these keys; none for all. */
  readonly only: readonly string[];
  readonly prune: boolean;
}

export async function planPromotion(client: Client, asked: PromotionAsked): Promise<Promotion> {
  const { from, to, prefix, only } = asked;
  if (from === to) throw new Failure(EXIT.usage, `${from} is the same namespace twice`);
  if (only.length > 0 && prefix !== "")
    throw new Failure(EXIT.usage, "--only names whole keys: leave out the prefix");
  const changes: PlannedChange[] = [];
  let states: Pick<DiffPage, "from" | "to"> | undefined;
  for (const wanted of only.length > 0 ? only : [prefix]) {
    const compared = await compare(client, asked, { wanted, states });
    states ??= compared.states;
    changes.push(...compared.changes);
    if (only.length > 0 && compared.changes.length === 0) await requireDocument(client, from, wanted);
  }
  const revision = states?.to ?? 0;
  return { from, to, revision, plan: { changes, unchanged: 0, missing: [], revision } };
}

/** All requests compare the states that the first one did. */
async function compare(
  client: Client,
  { from, to, only, prune }: PromotionAsked,
  { wanted, states }: { readonly wanted: string; readonly states: Pick<DiffPage, "from" | "to"> | undefined },
) {
  const changes: PlannedChange[] = [];
  let seen = states;
  const query = {
    toNamespace: from,
    prefix: wanted || undefined,
    values: "bytes",
    limit: 1000,
    from: states?.from,
    to: states?.to,
  };
  for await (const page of followPages(client, DiffPage, pathTo`/v1/diff/${to}`, query)) {
    seen ??= page;
    for (const entry of page.entries) {
      if (only.length > 0 && entry.key !== wanted) continue;
      const change = changeOf(entry, to);
      if (change.op !== "delete" || prune) changes.push(change);
    }
  }
  return { states: seen, changes };
}

/** A key that was named and is nowhere is a slip. */
async function requireDocument(client: Client, namespace: string, key: string): Promise<void> {
  await client.request("GET", pathTo`/v1/read/${namespace}`, { query: { key }, what: `${namespace}/${key}` });
}

function changeOf({ key, before, after }: DiffEntry, namespace: string): PlannedChange {
  if (after === undefined) {
    if (before === undefined) throw new Error("a difference has at least one side");
    return { op: "delete", namespace, key, before: plannedOf(before) };
  }
  const document: TreeDocument = { namespace, key, mediaType: after.mediaType, bytes: bytesOf(after) };
  return before === undefined
    ? { op: "create", namespace, key, after: document }
    : { op: "change", namespace, key, before: plannedOf(before), after: document };
}

function plannedOf({ revision, etag, mediaType, size, text }: Document): PlannedBefore {
  return { revision, etag, mediaType, size, text };
}

function bytesOf({ text, base64 = "" }: Document): Uint8Array {
  return text === undefined ? Buffer.from(base64, "base64") : Buffer.from(text);
}
