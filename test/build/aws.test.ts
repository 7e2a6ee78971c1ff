import { build } from "esbuild";
import { describe, expect, test } from "vitest";
import { awsXmlParser } from "../../build/plugins.ts";
import { root } from "../../testkit/host.ts";

describe("awsXmlParser", () => {
  const bundle = async (plugins: ReturnType<typeof awsXmlParser>[]) => {
    const contents =
      'import { S3Client, ListObjectsV2Command } from "@aws-sdk/client-s3"; globalThis.x = [S3Client, ListObjectsV2Command];';
    const { outputFiles } = await build({
      stdin: { contents, resolveDir: root },
      bundle: true,
      write: false,
      format: "esm",
      platform: "browser",
      plugins,
    });
    return outputFiles[0]?.text ?? "";
  };

  test("leaves no DOMParser in the SDK, which has one without it", async () => {
    expect(await bundle([])).toContain("DOMParser");
    expect(await bundle([awsXmlParser()])).not.toContain("DOMParser");
  });
});
