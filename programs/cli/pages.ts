/**
 * Answers page by page: every document of a namespace, all of one revision, and the pages of any route with a `next`.
 */
import type * as z from "zod/mini";
import { type Document, ListPage } from "../../lib/api/document-answers.ts";
import { pathTo } from "../../packages/client/path-to.ts";
import type { Client, ClientRequest } from "./client.ts";

export interface ListOptions {
  readonly prefix?: string;
  readonly delimiter?: string;
  readonly revision?: number | undefined;
  /** Whether text values come with the page. */
  readonly values?: "none" | "text";
}

export interface NamespacePage {
  readonly revision: number;
  readonly documents: readonly Document[];
  readonly prefixes: readonly string[];
}

export async function* listPages(
  client: Client,
  namespace: string,
  options: ListOptions = {},
): AsyncGenerator<NamespacePage> {
  // A cursor holds revision and filter, and every page says the filter again.
  const { prefix, delimiter, values, revision } = options;
  const query = { prefix: prefix || undefined, delimiter, limit: 1000, values, revision };
  yield* followPages(client, ListPage, pathTo`/v1/list/${namespace}`, query);
}

/** Every page of a route, asked with the same question until there is no `next`. */
export async function* followPages<Page extends { readonly next?: string | undefined }>(
  client: Client,
  schema: z.core.$ZodType<Page>,
  path: string,
  query: ClientRequest["query"],
): AsyncGenerator<Page> {
  let cursor: string | undefined;
  do {
    const page = await client.json(schema, "GET", path, { query: { ...query, cursor } });
    yield page;
    cursor = page.next;
  } while (cursor !== undefined);
}
