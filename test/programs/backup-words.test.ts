/** What the command says of backups where there is nothing to say: no null, and no advice that goes in a circle. */
import { copyFileSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { accessVariablesOf, environmentOf, flagsOf, variablesOf } from "../../testkit/bucket-settings.ts";
import { openChaos } from "../../testkit/chaos.ts";
import { testFolder } from "../../testkit/host.ts";
import { ledge, serve } from "../../testkit/processes.ts";

describe("ledge status and ledge backup", () => {
  test("say what a fresh store and a restored one have to back up", async () => {
    const bucket = await openChaos();
    const variables = flagsOf(variablesOf(bucket));
    const folder = testFolder();
    const started = async (dataDir: string) => {
      const server = await serve(dataDir, variables);
      onTestFinished(async () => void (await server.stop()));
      const run = (...args: string[]) => ledge(args, { env: { LEDGE_DATA: dataDir } });
      const lineOf = async (name: string) =>
        (await run("status")).stdout.split("\n").find((line) => line.includes(name)) ?? "";
      return { server, run, lineOf };
    };

    const [first, second] = [join(folder, "first"), join(folder, "second")];
    const source = await started(first);
    expect(await source.lineOf("backup")).toMatch(/nothing in the bucket yet|up to revision \d/);
    expect((await source.run("backup", "run")).status).toBe(0);
    await source.server.stop();

    mkdirSync(second);
    const access = environmentOf(accessVariablesOf(bucket));
    const from = `${bucket.endpoint}/${bucket.bucketName}/ledge`;
    const restored = await ledge(["restore", "--from", from, "--to", join(second, "ledge.db")], {
      env: access,
    });
    expect([restored.status, restored.stderr]).toEqual([0, expect.any(String)]);
    copyFileSync(join(first, "admin-token"), join(second, "admin-token"));
    const copy = await started(second);
    expect(await copy.lineOf("backup")).toContain("as it was restored");
    const status = await copy.run("backup", "status", "-o", "json");
    expect(JSON.parse(status.stdout)).toMatchObject({
      state: "restored",
      behindRevisions: 0,
      behindSeconds: 0,
    });
    for (const what of ["run", "prove"])
      expect((await copy.run("backup", what)).stderr).toContain("until its first write");

    expect((await copy.run("put", "demo/after", "x")).status).toBe(0);
    expect((await copy.run("backup", "run")).stderr).toContain("the bucket holds revision");
    expect(await copy.lineOf("backup")).toMatch(/up to revision \d+, 20.*proven up to \d/);
  });
});
