/**
 * Where the reader is: `#/name/a/b?query`. The place stands behind the hash, so it is never sent to the server, and any
 * key is one: each of its segments is encoded on its own.
 */
import { signal } from "@preact/signals";

export interface Route {
  /** The view's name; empty for the first. */
  readonly view: string;
  /** What stands behind it, decoded. */
  readonly parts: readonly string[];
  readonly query: URLSearchParams;
}

export const route = signal(parseRoute(location.hash));

addEventListener("hashchange", () => {
  const next = parseRoute(location.hash);
  const moved = next.view !== route.value.view || next.parts.join("/") !== route.value.parts.join("/");
  route.value = next;
  if (moved) scrollTo(0, 0);
});

export function parseRoute(hash: string): Route {
  const [path = "", query = ""] = split(hash.replace(/^#\/?/, ""), "?");
  const [view = "", ...parts] = path.split("/").map(decode);
  return { view, parts, query: new URLSearchParams(query) };
}

/** The address of a place; members of the query that are undefined are left out. */
export function href(
  view: string,
  parts: readonly string[] = [],
  query: Readonly<Record<string, string | number | undefined>> = {},
): string {
  const asked = new URLSearchParams();
  for (const [name, value] of Object.entries(query))
    if (value !== undefined && value !== "") asked.set(name, String(value));
  const behind = asked.size === 0 ? "" : `?${asked}`;
  return `#/${[view, ...parts.flatMap((one) => one.split("/"))].map(encodeURIComponent).join("/")}${behind}`;
}

export function go(to: string): void {
  location.hash = to;
}

/** Another place under the same entry of the browser's history. */
export function replace(to: string): void {
  history.replaceState(null, "", to);
  route.value = parseRoute(to);
}

/** A document's place. */
export function documentHref(namespace: string, key: string, at?: number): string {
  return href("doc", [namespace, key], { at });
}

export function folderHref(namespace: string, prefix = "", at?: number): string {
  return href("ns", prefix === "" ? [namespace] : [namespace, prefix], { at });
}

/** A key from the parts of a route. */
export function keyOf(parts: readonly string[]): string {
  return parts.slice(1).join("/");
}

function split(text: string, at: string): [string, string] {
  const index = text.indexOf(at);
  return index < 0 ? [text, ""] : [text.slice(0, index), text.slice(index + 1)];
}

/** Somebody may have typed it. */
function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
