/**
 * GET /v1/search: a text in keys and in values, in the current state, within what the caller may read. A page looks at a
 * bounded part of the store, and its cursor goes on from there, whether anything was found or not. It is here because
 * config-read is what every read pays for.
 */
import type { SearchPage as SearchAnswer } from "../../lib/api/document-answers.ts";
import type { Input } from "../../lib/api/typed.ts";
import { PAGE_LIMITS, SEARCH_LIMITS } from "../../lib/core/page-limits.ts";
import { type Stretch, stretchesIn } from "../../lib/core/ranges.ts";
import { accept, type Outcome, refuse } from "../../lib/core/refusal.ts";
import { openCursor, sealCursor } from "../../lib/core/sealed-cursor.ts";
import { compareUtf8 } from "../../lib/core/utf8.ts";
import type { Context } from "../../lib/http/context.ts";
import { requireNamespace } from "../../lib/http/namespace.ts";
import { nextPage } from "../../lib/http/next-page.ts";
import type { Result } from "../../lib/http/result.ts";
import { sealFor } from "../../lib/http/seal.ts";
import {
  type SearchedRange,
  type SearchFound,
  searchedNamespaces,
  searchPage,
} from "../../lib/store/documents/search.ts";
import { partsOf } from "./snippet.ts";

type SearchInput = Input<"search">;

/** Where a page begins: this key of this namespace, or what comes after it. */
interface Place {
  readonly namespace: string;
  readonly key: string;
}

/** The lowest key that can follow a key, and the lowest name that can follow a name. */
const FOLLOWS = "\u0001";

export function getSearch(input: SearchInput, context: Context): Result<SearchAnswer> {
  const { view, world } = context;
  const missing = input.namespace === null ? undefined : requireNamespace(input.namespace, view);
  if (missing !== undefined) return missing;
  if (input.text === "") return refuse("bad_parameter", "q is the text to look for: 1 to 200 bytes.");
  const from = placeOf(input, context);
  if (!from.ok) return from;
  const { ranges, rest } = rangesFrom(input, context, from.value);
  const page = searchPage(world.db, {
    ranges,
    text: input.text,
    limit: input.limit,
    documentsMax: SEARCH_LIMITS.documents,
    bytesMax: SEARCH_LIMITS.bytes,
  });
  const place = page.last === null ? rest : { ...page.last, key: page.last.key + FOLLOWS };
  const { text: q, namespace: ns, prefix, limit } = input;
  return nextPage(
    {
      start: `{"query":${JSON.stringify(q)},"revision":${page.head},"looked":${page.looked},"hits":`,
      items: [JSON.stringify(page.hits.map((hit) => shown(hit, q)))],
      end: "",
    },
    { revision: page.head, head: page.head, lineage: view.lineage },
    place === null
      ? null
      : {
          path: "/v1/search",
          query: { q, ns, prefix: prefix || null, limit },
          cursor: sealed(place, input, context),
        },
  );
}

function shown({ place, ...found }: SearchFound, text: string): SearchAnswer["hits"][number] {
  return place === undefined ? found : { ...found, line: place.line, snippet: partsOf(place.around, text) };
}

interface Ranges {
  readonly ranges: readonly SearchedRange[];
  /** Where to go on when these are through; null when there is nothing more. */
  readonly rest: Place | null;
}

function rangesFrom(input: SearchInput, context: Context, from: Place): Ranges {
  const { names, after } = namespacesFrom(input, context, from.namespace);
  const ranges: SearchedRange[] = [];
  for (const namespace of names) {
    for (const { from: start, exact } of stretchesOf(namespace, input, context)) {
      const first = namespace === from.namespace && compareUtf8(from.key, start) > 0 ? from.key : start;
      if (ranges.length >= SEARCH_LIMITS.ranges) return { ranges, rest: { namespace, key: first } };
      ranges.push({ namespace, first, from: start, exact });
    }
  }
  return { ranges, rest: after === undefined ? null : { namespace: after, key: "" } };
}

/** What the caller may see of a namespace: all of a public one that was asked for by name. */
function stretchesOf(namespace: string, { prefix }: SearchInput, { caller, open }: Context): Stretch[] {
  if (open) return [{ from: prefix, exact: false }];
  return stretchesIn(caller.grants, "read", { namespace, prefix });
}

interface Names {
  readonly names: readonly string[];
  readonly after?: string | undefined;
}

/** In order, from one on. Those of Ledge's own are searched where they are named. */
function namespacesFrom({ namespace }: SearchInput, { caller, world }: Context, from: string): Names {
  if (namespace !== null) return { names: [namespace] };
  const reading = caller.grants.filter(({ verbs }) => verbs.includes("read"));
  if (reading.some((grant) => grant.namespace === "*")) {
    const found = searchedNamespaces(world.db, from, PAGE_LIMITS.items + 1);
    return { names: found.slice(0, PAGE_LIMITS.items), after: found[PAGE_LIMITS.items] };
  }
  const names = [...new Set(reading.map((grant) => grant.namespace))].sort(compareUtf8);
  return { names: names.filter((name) => compareUtf8(name, from) >= 0) };
}

function placeOf(input: SearchInput, context: Context): Outcome<Place> {
  if (input.cursor === undefined) return accept({ namespace: "", key: "" });
  const cursor = openCursor(input.cursor, { kind: "search", filter: filterOf(input) }, sealFor(context));
  if (!cursor.ok) return cursor;
  const { after } = cursor.value;
  const slash = after.indexOf("/");
  return accept({ namespace: after.slice(0, slash), key: after.slice(slash + 1) });
}

function sealed({ namespace, key }: Place, input: SearchInput, context: Context): string {
  const { lineage, head: revision } = context.view;
  const after = `${namespace}/${key}`;
  return sealCursor({ kind: "search", lineage, revision, filter: filterOf(input), after }, sealFor(context));
}

function filterOf({ text, namespace, prefix }: SearchInput): (string | null)[] {
  return [text, namespace, prefix];
}
