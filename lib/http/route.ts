/**
 * Routes inside a component. Promise: only exactly its own paths are answered (Spin's router trims slashes,
 * so a path is looked at again here), OPTIONS tells the methods, and a wrong method is told the right ones.
 */

import { splitTarget } from "../core/query.ts";
import { refuse } from "../core/refusal.ts";
import type { Answer, Door } from "./answer.ts";

/** The path's variable parts as sent, still percent-encoded, and the query. */
export interface Target {
  readonly path: string;
  readonly query: string;
  /** What stands behind the route's prefix; "" for a route without one. */
  readonly rest: string;
}

export interface Route {
  /** The whole path, or a prefix when it ends in "/". */
  readonly path: string;
  readonly methods: Readonly<Record<string, (door: Door, target: Target) => Answer>>;
  /** Whether this route takes what stands behind its prefix; all of it when not given. */
  readonly matches?: (rest: string) => boolean;
}

export function dispatch(routes: readonly Route[], door: Door): Answer {
  const { path, query } = splitTarget(door.request.uri);
  for (const route of routes) {
    const rest = restOf(route, path);
    if (rest === undefined) continue;
    const { method } = door.request;
    const handle = route.methods[method] ?? (method === "HEAD" ? route.methods.GET : undefined);
    if (handle !== undefined) return handle(door, { path, query, rest });
    return otherMethod(route, method);
  }
  return refuse("no_route", "There is no such route; GET /openapi.json lists them all.");
}

/** Whether an answer to a HEAD of a GET route must lose its body is the door's business. */
function otherMethod(route: Route, method: string): Answer {
  const allow = allowed(route).join(", ");
  if (method === "OPTIONS") {
    return {
      status: 204,
      headers: [
        ["allow", allow],
        ["cache-control", "no-store"],
        ["vary", "Authorization, Origin"],
      ],
      body: "",
    };
  }
  return refuse("method_not_allowed", `This path takes ${allow}.`, { headers: [["allow", allow]] });
}

function allowed(route: Route): string[] {
  const methods = Object.keys(route.methods);
  return [...methods.flatMap((method) => (method === "GET" ? ["GET", "HEAD"] : [method])), "OPTIONS"];
}

function restOf(route: Route, path: string): string | undefined {
  if (!route.path.endsWith("/")) return path === route.path ? "" : undefined;
  if (!path.startsWith(route.path)) return undefined;
  const rest = path.slice(route.path.length);
  return route.matches === undefined || route.matches(rest) ? rest : undefined;
}
