import { join } from "node:path";
import { build } from "esbuild";
import { expect, test } from "vitest";
import { sqlConstants } from "../../build/plugins.ts";
import { packedOpenapi } from "../../lib/api/openapi.built.ts";
import { describeInterface } from "../../lib/api/openapi.ts";
import { unpackText } from "../../lib/core/packed-text.ts";
import { root } from "../../testkit/host.ts";

test("a component holds the description as one packed text, without its makers", async () => {
  const { outputFiles } = await build({
    entryPoints: [join(root, "lib/api/openapi.built.ts")],
    bundle: true,
    write: false,
    format: "esm",
    plugins: [sqlConstants(root)],
  });
  const code = outputFiles[0]?.text ?? "";
  expect(code).not.toContain("describeInterface");
  // One literal and the words of its export: nothing of zod, nothing of the tables.
  expect(code.length).toBeLessThan(JSON.stringify(packedOpenapi).length + 500);
  expect(packedOpenapi.pieces.length).toBeLessThan(30_000);
  const text = Buffer.from(unpackText(packedOpenapi)).toString();
  expect(text).toBe(JSON.stringify(describeInterface()));
});
