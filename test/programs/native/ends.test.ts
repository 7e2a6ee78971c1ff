/** `ledge serve` ends, and serves, while its bucket holds back every answer; and it ends right after it listens. */
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { afterAll, describe, expect, onTestFinished, test } from "vitest";
import { ask } from "../../../testkit/ask.ts";
import { flagsOf, variablesOf } from "../../../testkit/bucket-settings.ts";
import { openChaos } from "../../../testkit/chaos.ts";
import {
  cleanEnvironment,
  finish,
  ledge,
  type Ran,
  root,
  serve,
  temporaryFolder,
} from "../../../testkit/processes.ts";

const folder = temporaryFolder("ends");
afterAll(() => folder.remove());
const dataDir = (name: string) => join(folder.path, name);

/** A server whose bucket has been asked for something by `ledge backup run`, and does not answer. */
async function hung(name: string) {
  const bucket = await openChaos();
  const data = dataDir(name);
  const server = await serve(data, flagsOf(variablesOf(bucket)));
  const events: string[] = [];
  const noted = async (event: string, work: Promise<Ran>): Promise<Ran> => {
    const ran = await work;
    events.push(event);
    return ran;
  };
  const ended = (signal: NodeJS.Signals) => noted("ended", server.stop(signal));
  onTestFinished(async () => void (await ended("SIGKILL")));
  const command = (...args: string[]) => ledge(["--data", data, ...args]);
  expect((await command("put", "demo/waits", "1")).status).toBe(0);
  bucket.faults.set({ fault: { kind: "silence" } });
  // A run that was at work before would have to see it, too.
  const silent = () => bucket.journal.entries.filter(({ fault }) => fault?.kind === "silence").length;
  const run = noted("answered", command("backup", "run"));
  await expect.poll(silent).toBeGreaterThan(0);
  return { server, events, ended, run, command, data };
}

describe("a server whose bucket does not answer", () => {
  test("reads, lists and writes on meanwhile", async () => {
    const { server, events, run, command, ended } = await hung("serves");
    expect((await command("ls", "demo")).stdout).toContain("waits");
    expect((await command("get", "demo/waits")).stdout).toBe("1");
    expect((await command("put", "demo/more", "2")).status).toBe(0);
    expect((await command("backup", "status")).status).toBe(0);
    expect((await ask(server, "GET", "/readyz")).status).toBe(200);
    expect(events).toEqual([]);
    await ended("SIGTERM");
    await run;
  });

  test.each(["SIGTERM", "SIGINT"] as const)("ends at %s before the bucket has answered", async (signal) => {
    const { events, run, ended, data } = await hung(signal);
    const ran = await ended(signal);
    expect(ran).toMatchObject({ status: 0, signal: null, stdout: expect.stringContaining("Data stays in") });
    // The command that waited hears of the end, and not of a bucket that was given up.
    const told = await run;
    expect(told.stderr).not.toContain("bucket_unavailable");
    expect(events).toContain("ended");
    expect(existsSync(join(data, "ledge.db-wal"))).toBe(false);
  });
});

describe("a command that waits for a server", () => {
  test.each(["SIGTERM", "SIGKILL"] as const)("is told when that ends by %s", async (signal) => {
    const { run, ended } = await hung(`command-${signal}`);
    await ended(signal);
    const { status, stderr } = await run;
    expect([1, 7]).toContain(status);
    expect(stderr).toMatch(/^✗ /);
    expect(stderr).not.toMatch(/bug in ledge|\n {4}at /);
  });
});

describe("a signal right after a server listens", () => {
  test.each(["SIGTERM", "SIGINT", "SIGHUP"] as const)("%s ends it cleanly", async (signal) => {
    const data = dataDir(`early-${signal}`);
    const args = ["dist/programs/cli.mjs", "serve", "--data", data, "--port", "0"];
    const child = spawn(process.execPath, args, { cwd: root, env: cleanEnvironment() });
    const ended = finish(child);
    // The first that is seen of a server that listens; its first token is not made yet.
    await expect.poll(() => existsSync(join(data, "context.json")), { interval: 1 }).toBe(true);
    child.kill(signal);
    const ran = await ended;
    expect(ran).toMatchObject({ status: 0, signal: null });
    for (const name of ["context.json", "ledge.db.owner.json", "ledge.db-wal"])
      expect([name, existsSync(join(data, name))]).toEqual([name, false]);
    const next = await serve(data);
    expect((await ledge(["--data", data, "get", "demo/banner"])).status).toBe(0);
    await next.stop();
  });
});
