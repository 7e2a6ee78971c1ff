import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { makeRouter } from "../../../programs/host/front/routes.ts";
import { readSpinManifest } from "../../../programs/host/spin/manifest.ts";
import { root } from "../../../testkit/host.ts";

/** What spin.toml answers by itself, no component asked. */
function staticReply(route: string) {
  const found = readSpinManifest(join(root, "spin.toml")).routes.find((one) => one.route === route);
  if (found === undefined || !("reply" in found)) throw new Error(`${route} is not static`);
  return found.reply;
}

describe("the routes of spin.toml", () => {
  const router = makeRouter(readSpinManifest(join(root, "spin.toml")).routes, () => {});

  test.each([
    ["/v1/read/demo/a/b", "config-read"],
    ["/v1/list/demo", "config-read"],
    ["/v1/changes", "config-read"],
    ["/v1/commits/7", "config-read"],
    ["/v1/whoami", "config-read"],
    ["/v1/write/demo/a", "config-write"],
    ["/v1/commit", "config-write"],
    ["/v1/admin/tokens", "admin"],
    ["/healthz", "admin"],
    ["/readyz", "admin"],
    ["/metrics", "admin"],
    ["/openapi.json", "admin"],
    ["/v1/backup/run", "snapshot-export"],
    ["/v1/commit/x", undefined],
    ["/v1/nothing", undefined],
  ])("give %s to %s", (path, component) => {
    const spec = router.match(path)?.spec;
    expect(spec !== undefined && "component" in spec ? spec.component : undefined).toBe(component);
  });
});

describe("the static answer of spin.toml", () => {
  test("refuses every path that is nowhere as the components would", () => {
    const { status, headers, body } = staticReply("/...");
    expect([status, headers["content-type"]]).toEqual([404, "application/problem+json"]);
    expect(JSON.parse(body)).toMatchObject({ type: "/problems/no_route", code: "no_route", status });
  });
});
