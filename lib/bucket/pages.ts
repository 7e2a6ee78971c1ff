/**
 * A list, page by page. Promise: it comes whole and in order, or as a fault. Some buckets list in an order of their
 * own (Storj, S3 Express One Zone), so the order is made here and pages are only ever asked for by the token of the
 * page before. A page may be empty and not the last.
 */
import { BucketFault } from "./bucket.ts";

export interface NamesPage {
  readonly names: readonly string[];
  /** There are more. */
  readonly more: boolean;
  /** What the next page is asked by. */
  readonly token: string | undefined;
}

/** So many pages in a row may bring nothing new; each of them costs a request. */
const BARREN_PAGES_MAX = 100;

/**
 * Every name of every page, each once, in ascending order of bytes. `what` is the request and `object` what it is
 * about, for the fault. Throws BucketFault `bucket_unavailable` where the list does not go on.
 */
export async function collectNames(
  ask: (token: string | undefined) => Promise<NamesPage>,
  { what, object }: { readonly what: string; readonly object: string },
): Promise<string[]> {
  const stuck = (how: string) =>
    new BucketFault("bucket_unavailable", object, `${what} failed: the bucket's list does not go on: ${how}`);
  const names = new Set<string>();
  const tokens = new Set<string>();
  let barren = 0;
  for (let token: string | undefined; ; ) {
    const page = await ask(token);
    const before = names.size;
    for (const name of page.names) names.add(name);
    if (!page.more) return [...names].sort();
    token = page.token;
    if (token === undefined) throw stuck("a page says that there is more, and not where");
    if (tokens.has(token)) throw stuck("a page leads to one that came before");
    tokens.add(token);
    barren = names.size > before ? 0 : barren + 1;
    if (barren > BARREN_PAGES_MAX) throw stuck(`${barren} pages brought no new name`);
  }
}
