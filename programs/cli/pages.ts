/**
 * Every document of a namespace, page by page, all of one revision.
 */
import { type Document, ListPage } from "../../lib/api/document-answers.ts";
import type { Client } from "./client.ts";

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
  let cursor: string | undefined;
  do {
    // A cursor holds revision and filter, and every page says the filter again.
    const query = {
      prefix: options.prefix || undefined,
      delimiter: options.delimiter,
      limit: 1000,
      values: options.values,
      cursor,
      revision: options.revision,
    };
    const page = await client.json(ListPage, "GET", `/v1/list/${namespace}`, { query });
    yield { revision: page.revision, documents: page.documents, prefixes: page.prefixes };
    cursor = page.next;
  } while (cursor !== undefined);
}
