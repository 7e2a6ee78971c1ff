/** `ledge audit verify` against the bundled bucket of a running server. */
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { serveCommand } from "../../../testkit/served-command.ts";

const { ledge, data } = serveCommand("audit");

describe("ledge audit verify", () => {
  test("says that the history is whole and who made it, and ends with 1 where it is not", async () => {
    expect((await ledge(["backup", "run"])).status).toBe(0);
    const whole = await ledge(["audit", "verify"]);
    expect([whole.status, whole.stderr]).toEqual([
      0,
      expect.stringMatching(/revisions 1 to \d+, \d actors, chain whole/),
    ]);
    expect(whole.stdout).toMatch(/^ACTOR +COMMITS +CHANGES +FIRST +LAST$/m);
    expect(whole.stdout).toMatch(/^_bootstrap +1 +1 +20/m);

    const objects = join(data, "bucket", "objects");
    const name = readdirSync(objects, { recursive: true, encoding: "utf8" }).find((one) =>
      /bases.*\.ndjson\.gz\._S3rver_object$/.test(one),
    );
    const file = join(objects, name ?? "");
    writeFileSync(
      file,
      readFileSync(file).map((byte, at) => (at === 40 ? byte ^ 1 : byte)),
    );
    const torn = await ledge(["audit", "verify", "-o", "json"]);
    expect([torn.status, torn.stderr]).toEqual([
      1,
      expect.stringMatching(/not whole.*\n.*\/bases\/\S+\.ndjson\.gz, revision \d+: its bytes do not fit/),
    ]);
    expect(JSON.parse(torn.stdout)).toMatchObject({
      whole: false,
      breaks: [{ revision: expect.any(Number) }],
    });
    expect((await ledge(["audit", "verify", "--branch", "ffffffff"])).status).toBe(3);
    expect((await ledge(["audit", "verify", "--revision", "1"])).status).toBe(2);
  });
});
