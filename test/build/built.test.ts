import { join } from "node:path";
import { build } from "esbuild";
import { expect, test } from "vitest";
import { sqlConstants } from "../../build/plugins.ts";
import { openapiText } from "../../lib/api/openapi.built.ts";
import { root } from "../../testkit/host.ts";

test("a component holds the interface's description as one text, without its makers", async () => {
  const { outputFiles } = await build({
    entryPoints: [join(root, "lib/api/openapi.built.ts")],
    bundle: true,
    write: false,
    format: "esm",
    plugins: [sqlConstants(root)],
  });
  const code = outputFiles[0]?.text ?? "";
  expect(code).not.toContain("describeInterface");
  // One string literal and the words of its export: nothing of zod, nothing of the tables.
  expect(code.length).toBeLessThan(JSON.stringify(openapiText).length + 500);
  expect(openapiText.length).toBeLessThan(150_000);
  // One character past these, and the engine holds every one in two bytes.
  expect(openapiText).toMatch(/^[\0-\xff]*$/);
});
