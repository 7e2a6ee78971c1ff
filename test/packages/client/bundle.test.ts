/** What a program that uses the client carries with it. */
import { gzipSync } from "node:zlib";
import { build } from "esbuild";
import { expect, test } from "vitest";
import { root } from "../../../testkit/processes.ts";

const COMPRESSED_BYTES_MAX = 12_000;

test("the client is small, and nothing but itself", async () => {
  const { metafile, outputFiles } = await build({
    entryPoints: [`${root}/packages/client/index.ts`],
    absWorkingDir: root,
    bundle: true,
    write: false,
    metafile: true,
    minify: true,
    format: "esm",
    // Without Node: what imports of it fails.
    platform: "browser",
    target: "es2022",
  });
  expect(Object.keys(metafile.inputs).filter((file) => !file.startsWith("packages/client/"))).toEqual([]);
  expect(gzipSync(outputFiles[0]?.contents ?? "").length).toBeLessThan(COMPRESSED_BYTES_MAX);
});
