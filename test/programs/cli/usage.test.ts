import { cpSync, existsSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { VERSION } from "../../../lib/core/version.ts";
import { root, ledge as run, shell, temporaryFolder } from "../../../testkit/processes.ts";
import { serveCommand } from "../../../testkit/served-command.ts";

const { ledge } = serveCommand("usage");

describe("ledge", () => {
  test("prints its version", async () => {
    expect(await run(["--version"])).toMatchObject({ status: 0, stdout: `${VERSION}\n`, stderr: "" });
  });

  test.each([
    { line: "gte", says: /'gte'[\s\S]*get/ },
    { line: "gte demo/x", says: /'gte'[\s\S]*get/ },
    { line: "gte --help", says: /'gte'[\s\S]*get/ },
    { line: "help gte", says: /'gte'[\s\S]*get/ },
    { line: "token crate", says: /'crate'[\s\S]*create/ },
    { line: "token crate --help", says: /'crate'[\s\S]*create/ },
    { line: "backup statsu -h", says: /'statsu'[\s\S]*status/ },
  ])("ends `ledge $line` with 2 and the nearest command", async ({ line, says }) => {
    const ran = await run(line.split(" "));
    expect(ran).toMatchObject({ status: 2, stdout: "", stderr: expect.stringMatching(says) });
  });

  test.each([
    { line: "get demo/x --colour" },
    { line: "gte" },
    { line: "get" },
    { line: "put demo/x 1 --if" },
  ])("refuses `ledge $line` in the form of every refusal", async ({ line }) => {
    const { status, stderr } = await run(line.split(" "));
    expect([status, stderr]).toEqual([2, expect.stringMatching(/^✗ (?!error)/)]);
  });

  test.each([
    { line: "--help" },
    { line: "help" },
    { line: "get --help" },
    { line: "help get" },
    { line: "token --help" },
    { line: "serve --help" },
  ])("answers `ledge $line`", async ({ line }) => {
    expect(await run(line.split(" "))).toMatchObject({
      status: 0,
      stderr: "",
      stdout: expect.stringMatching(/^Usage/),
    });
  });
});

describe("help", () => {
  test.each([
    { line: "--help" },
    { line: "bootstrap --help" },
    { line: "token reset --help" },
    { line: "token revoke --help" },
    { line: "token rotate --help" },
  ])("of `ledge $line` names the command as it is typed here, across a line's end, too", async ({ line }) => {
    const { stdout } = await run(line.split(" "));
    expect(stdout).toMatch(/`\.\/ledge\s+context\s+ls`/);
    expect(stdout).not.toMatch(/`ledge\s/);
  });
});

describe("the help of a server", () => {
  test.each([
    { line: "./ledge help serve", name: "./ledge serve" },
    { line: "./ledge serve --help", name: "./ledge serve" },
    { line: "./ledge --data /tmp/x serve -h", name: "./ledge serve" },
    { line: "node scripts/start.mjs --help", name: "npm start" },
  ])("by `$line` has options, examples and exit codes, and builds nothing", async ({ line, name }) => {
    const { status, stdout, stderr } = await shell(line);
    expect([status, stderr]).toEqual([0, ""]);
    expect(stdout).toMatch(/^Usage: /);
    for (const words of ["--runtime-config-file", "--no-demo", "Examples:", `\n  ${name}`, "Exit codes: 0"])
      expect(stdout).toContain(words);
    expect(stdout).toContain('(default: ".ledge")');
    expect(stdout).not.toMatch(/default: [{[]/);
  });

  test("is there before anything is built", async () => {
    const { path, remove } = temporaryFolder("unbuilt");
    for (const name of ["scripts", "programs", "lib"])
      cpSync(join(root, name), join(path, name), { recursive: true });
    for (const name of ["package.json", "package-lock.json"]) cpSync(join(root, name), join(path, name));
    symlinkSync(join(root, "node_modules"), join(path, "node_modules"));
    const { status, stdout } = await shell("node scripts/start.mjs --help", { cwd: path });
    const isBuilt = existsSync(join(path, "dist"));
    remove();
    expect([status, stdout.slice(0, 6), isBuilt]).toEqual([0, "Usage:", false]);
  });
});

describe("ledge ls", () => {
  const keys = async (...args: string[]): Promise<string[]> => {
    const { documents, prefixes } = JSON.parse((await ledge(["ls", ...args, "-o", "json"])).stdout);
    return [...prefixes, ...documents.map(({ key }: { key: string }) => key)];
  };

  test("lists what lies in a folder, with and without its slash", async () => {
    await ledge(["put", "demo/limits-old/api", "1"]);
    expect(await keys("demo/limits")).toEqual(["limits/api", "limits/upload"]);
    expect(await keys("demo/limits/")).toEqual(["limits/api", "limits/upload"]);
    expect(await keys("demo/limits", "--all")).toEqual(["limits/api", "limits/upload"]);
  });

  test("lists what begins with a text that is no folder", async () => {
    expect(await keys("demo/lim")).toEqual(["limits-old/", "limits/"]);
    expect(await keys("demo/banner")).toEqual(["banner"]);
    expect(await keys("demo/nothing")).toEqual([]);
  });
});
