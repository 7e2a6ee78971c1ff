import { expect, test } from "vitest";
import { pathTo } from "../../../packages/client/path-to.ts";

test.each([
  { name: "demo", path: "/v1/read/demo/x" },
  { name: "a/b?c#d e%2f", path: "/v1/read/a%2Fb%3Fc%23d%20e%252f/x" },
  { name: "é", path: "/v1/read/%C3%A9/x" },
  { name: "", path: "/v1/read//x" },
  { name: ".", path: "/v1/read/%252E/x" },
  { name: "..", path: "/v1/read/%252E%252E/x" },
  { name: "...", path: "/v1/read/.../x" },
])("a name $name stays one part of a path", ({ name, path }) => {
  const made = pathTo`/v1/read/${name}/x`;
  expect([made, new URL(made, "http://one.example").pathname]).toEqual([path, path]);
});
