import { describe, expect, test } from "vitest";
import { makeRouter } from "../../../programs/host/front/routes.ts";
import type { RouteSpec } from "../../../programs/host/spin/manifest.ts";

function routerOf(...routes: (string | undefined)[]) {
  const duplicates: string[] = [];
  const specs = routes.map((route, at): RouteSpec => ({ route, component: `c${at}` }));
  const router = makeRouter(specs, (route) => duplicates.push(route));
  const of = (path: string) => {
    const found = router.match(path);
    if (found === undefined) return undefined;
    return "component" in found.spec ? found.spec.component : undefined;
  };
  return { router, of, duplicates };
}

describe("makeRouter", () => {
  test("lets exact beat wildcard and the longest prefix win, whatever the order", () => {
    const { of } = routerOf("/...", "/a/...", "/a/b", "/a/b/...", "/a/:x");
    expect(["/z", "/a/c/d", "/a/b", "/a/b/c", "/a/q"].map(of)).toEqual(["c0", "c1", "c2", "c3", "c4"]);
  });

  test.each([
    { route: "/a/...", path: "/a", matches: true },
    { route: "/a/...", path: "/a/", matches: true },
    { route: "/a/...", path: "/a/x/y", matches: true },
    { route: "/a/...", path: "/ab", matches: false },
    { route: "/a/*", path: "/a/x", matches: true },
    { route: "/a/b", path: "/a/b/", matches: true },
    { route: "/a/b", path: "/a/b/c", matches: false },
    { route: "/a/:id/c", path: "/a/1/c", matches: true },
    { route: "/a/:id/c", path: "/a//c", matches: false },
    { route: "/a/:id/c", path: "/a/1/2/c", matches: false },
    { route: "/", path: "/", matches: true },
    { route: "/", path: "/x", matches: false },
    { route: "/A", path: "/a", matches: false },
  ])("matches $route with $path: $matches", ({ route, path, matches }) => {
    expect(routerOf(route).of(path) !== undefined).toBe(matches);
  });

  test("says what the wildcard and the parameters stood for", () => {
    const { router } = routerOf("/a/...", "/u/:user_id");
    expect(router.match("/a/x/y")?.match).toEqual({ route: "/a/...", pathInfo: "/x/y", params: [] });
    expect(router.match("/a/")?.match.pathInfo).toBe("/");
    expect(router.match("/a")?.match.pathInfo).toBe("");
    expect(router.match("/u/7")?.match.params).toEqual([["user_id", "7"]]);
  });

  test("gives a route that stands twice to the last, and tells", () => {
    const { of, duplicates } = routerOf("/a", "/a");
    expect(of("/a")).toBe("c1");
    expect(duplicates).toEqual(["/a"]);
  });

  test("gives a private route no path", () => {
    expect(routerOf(undefined).of("/")).toBeUndefined();
  });
});
