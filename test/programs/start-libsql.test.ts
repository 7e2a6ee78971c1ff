import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { ledge, startServer, temporaryFolder } from "../../testkit/processes.ts";
import { noSqld, onSqld, runtimeConfigFor, startSqld } from "../../testkit/sqld.ts";

const folder = temporaryFolder("start-libsql");
afterAll(() => folder.remove());

const ACCEPT = ["--variable", "accept_weak_durability=true"];
const refused = (work: Promise<unknown>) =>
  work.then(
    () => "it started",
    (error: Error) => error.message,
  );

describe.skipIf(noSqld !== undefined)(onSqld("npm start with a libSQL server"), () => {
  test("keeps the store there, backs it up, and restores it to a new server", async () => {
    const data = join(folder.path, "kept");
    const server = await startSqld();
    const on = (url: string) => ["--runtime-config-file", runtimeConfigFor(url), ...ACCEPT];
    const first = await startServer(data, on(server.url));
    expect(first.greeting).toContain(server.url);
    const run = (...args: string[]) => ledge(["--data", data, ...args]);
    expect((await run("put", "demo/mine", "42")).status).toBe(0);
    const status = await run("status");
    expect(status.stdout).toContain("on a libSQL server");
    expect(status.stdout).toContain("a power cut there can lose the last commits");
    const backedUp = await run("backup", "run");
    expect(backedUp.stderr).toContain("proven: revision");
    await first.stop();
    const second = await startServer(data, on(server.url));
    expect((await run("get", "demo/mine")).stdout).toBe("42");
    await second.stop();
    // The server is lost with its disk.
    await server.kill();
    const next = await startSqld();
    expect(await refused(startServer(data, on(next.url)))).toContain("the bucket holds backups");
    // The exporter looks at the next full minute.
    if (process.env.LEDGE_FULL !== "1") return;
    const third = await startServer(data, [...on(next.url), "--variable", "restore_on_start=true"]);
    await expect
      .poll(async () => {
        await run("backup", "run");
        return (await run("get", "demo/mine")).stdout;
      })
      .toBe("42");
    await third.stop();
  });

  test("says before it begins that commits would not last, or that the server is away", async () => {
    const server = await startSqld();
    const config = ["--runtime-config-file", runtimeConfigFor(server.url)];
    const data = join(folder.path, "refused");
    expect(await refused(startServer(data, config))).toContain("durability_mode to strong");
    await server.kill();
    expect(await refused(startServer(data, [...config, ...ACCEPT]))).toMatch(
      /cannot be used.*trying to connect/,
    );
  });
});
