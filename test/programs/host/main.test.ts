import { type ChildProcess, spawn } from "node:child_process";
import { createServer } from "node:net";
import { join } from "node:path";
import { beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { buildPrograms } from "../../../build/programs.ts";
import { buildFor, PROBE_MANIFEST, root, testFolder } from "../../../testkit/host.ts";

const programs = join(root, ".cache", "test", `programs-${process.pid}`);

beforeAll(async () => {
  await Promise.all([buildPrograms(root, programs), buildFor(PROBE_MANIFEST)]);
});

interface Run {
  readonly child: ChildProcess;
  readonly output: { out: string; error: string };
  readonly ended: Promise<number | null>;
}

function start(...args: string[]): Run {
  const child = spawn(process.execPath, [join(programs, "host.mjs"), ...args], { cwd: root });
  const output = { out: "", error: "" };
  child.stdout.on("data", (part) => {
    output.out += part;
  });
  child.stderr.on("data", (part) => {
    output.error += part;
  });
  onTestFinished(() => void child.kill("SIGKILL"));
  return { child, output, ended: new Promise((resolve) => child.once("exit", resolve)) };
}

describe("the host as a program", () => {
  test.each(["SIGINT", "SIGTERM"] as const)("serves, and ends cleanly at %s", async (signal) => {
    const data = testFolder();
    const run = start(
      "--manifest",
      PROBE_MANIFEST,
      "--data",
      data,
      "--port",
      "0",
      "--variable",
      "greeting=hi",
      "--no-cron",
    );
    await expect.poll(() => run.output.out + run.output.error).toContain("Serving");
    const url = /http:\/\/\S+?(?=,)/.exec(run.output.out)?.[0] ?? "";
    expect(await (await fetch(`${url}/quick/variable?word`)).json()).toBe("hi, ");
    run.child.kill(signal);
    expect(await run.ended).toBe(0);
  });

  test.each([
    [["--surprise"], "--surprise"],
    [["--port", "http"], "--port http"],
    [["--listen", "nowhere"], "--listen nowhere"],
    [["--variable", "a"], "--variable a"],
    [["--manifest", "no-such.toml"], "no-such.toml"],
    [["--manifest", PROBE_MANIFEST, "--variable", "nope=1"], "nope"],
  ])("refuses %j by name", async (args, words) => {
    const run = start("--data", testFolder(), ...args);
    expect(await run.ended).toBe(2);
    expect(run.output.error).toContain(words);
  });

  test("refuses a taken port, naming it and how to choose another", async () => {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    onTestFinished(() => void server.close());
    const address = server.address();
    const port = typeof address === "object" ? (address?.port ?? 0) : 0;
    const run = start("--manifest", PROBE_MANIFEST, "--data", testFolder(), "--port", String(port));
    expect(await run.ended).toBe(2);
    expect(run.output.error).toContain(`Port ${port} is taken`);
    expect(run.output.error).toContain("--port");
  });
});
