/**
 * Which route a path takes: exact beats wildcard, then the longest prefix, whatever the order in the file; of
 * exact duplicates the last wins (Spin 4.0.2, crates/routes, routefinder's best match).
 */
import type { RouteSpec } from "../spin/manifest.ts";
import type { RouteMatch } from "./spin-headers.ts";

interface Segment {
  readonly kind: "exact" | "param";
  readonly text: string;
}

interface Pattern<Target> {
  readonly route: string;
  readonly segments: readonly Segment[];
  readonly wildcard: boolean;
  readonly target: Target;
}

export interface Router {
  /** The route of a path (without its query), or undefined. */
  match(path: string): { spec: RouteSpec; match: RouteMatch } | undefined;
}

/** Builds the table. `onDuplicate` hears of a route that a later one replaces. */
export function makeRouter(routes: readonly RouteSpec[], onDuplicate: (route: string) => void): Router {
  const patterns = new Map<string, Pattern<RouteSpec>>();
  for (const spec of routes) {
    if (spec.route === undefined) continue;
    const pattern = parsePattern(spec.route, spec);
    const key = `${pattern.segments.map((segment) => `${segment.kind}:${segment.text}`).join("/")}|${pattern.wildcard}`;
    if (patterns.has(key)) onDuplicate(spec.route);
    patterns.set(key, pattern);
  }
  const ordered = [...patterns.values()].sort(bySpecificity);
  return {
    match(path) {
      const parts = path.split("/").slice(1);
      for (const pattern of ordered) {
        const match = matchPattern(pattern, parts);
        if (match !== undefined) return { spec: pattern.target, match };
      }
      return undefined;
    },
  };
}

function parsePattern<Target>(route: string, target: Target): Pattern<Target> {
  if (!route.startsWith("/")) throw new Error(`route ${route} must begin with /`);
  const parts = route.split("/").slice(1);
  const wildcard = parts.at(-1) === "..." || parts.at(-1) === "*";
  const fixed = wildcard ? parts.slice(0, -1) : parts;
  const segments = fixed.map((part): Segment => {
    if (part.includes("...") || part.includes("*"))
      throw new Error(`route ${route}: a wildcard must stand at the end`);
    if (!part.startsWith(":")) return { kind: "exact", text: part };
    if (part === ":") throw new Error(`route ${route}: a parameter needs a name`);
    return { kind: "param", text: part.slice(1) };
  });
  // A trailing slash of an exact route matches with and without it.
  while (!wildcard && segments.length > 0 && segments.at(-1)?.text === "") segments.pop();
  return { route, segments, wildcard, target };
}

/** Segment by segment: exact before parameter before wildcard before the end. */
function bySpecificity(a: Pattern<unknown>, b: Pattern<unknown>): number {
  const length = Math.max(a.segments.length, b.segments.length);
  for (let at = 0; at < length; at += 1) {
    const difference = rank(a, at) - rank(b, at);
    if (difference !== 0) return difference;
  }
  return Number(a.wildcard) - Number(b.wildcard);
}

function rank(pattern: Pattern<unknown>, at: number): number {
  const segment = pattern.segments[at];
  if (segment === undefined) return pattern.wildcard ? 2 : 3;
  return segment.kind === "exact" ? 0 : 1;
}

function matchPattern(pattern: Pattern<unknown>, given: readonly string[]): RouteMatch | undefined {
  const { route, segments, wildcard } = pattern;
  const parts = [...given];
  if (!wildcard) while (parts.length > 0 && parts.at(-1) === "") parts.pop();
  if (parts.length < segments.length || (!wildcard && parts.length !== segments.length)) return undefined;
  const params: [string, string][] = [];
  for (const [at, segment] of segments.entries()) {
    const part = parts[at] ?? "";
    if (segment.kind === "exact" ? part !== segment.text : part === "") return undefined;
    if (segment.kind === "param") params.push([segment.text, part]);
  }
  const rest = parts.slice(segments.length).join("/");
  const pathInfo = !wildcard ? "" : parts.length === segments.length ? "" : `/${rest}`;
  return { route, pathInfo, params };
}
