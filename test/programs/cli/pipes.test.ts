import { spawn, spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { cleanEnvironment, finish, root } from "../../../testkit/processes.ts";
import { serveCommand } from "../../../testkit/served-command.ts";

const { ledge, data, folder } = serveCommand("pipes");
const command = join(root, "dist/programs/cli.mjs");

/** Runs the command with a reader of its standard output, or of its talk, that has left already. */
function unread(args: readonly string[], stream: "stdout" | "stderr" = "stdout") {
  const child = spawn(process.execPath, [command, "--data", data, ...args], { env: cleanEnvironment() });
  child[stream].destroy();
  return finish(child);
}

/** A shell's line in which `ledge` is the command. */
function shell(line: string) {
  const run = [process.execPath, command, "--data", data].map((word) => JSON.stringify(word)).join(" ");
  return spawnSync("bash", ["-c", `set -o pipefail; ledge() { ${run} "$@"; }; ${line}`], {
    encoding: "utf8",
    env: cleanEnvironment(),
  });
}

describe("a reader that leaves", () => {
  beforeAll(async () => {
    expect((await ledge(["backup", "run"])).status).toBe(0);
  });

  test.each([
    { line: "get demo/banner" },
    { line: "get demo/limits/api -o json" },
    { line: "ls" },
    { line: "ls demo" },
    { line: "put demo/unread 1 -o json" },
    { line: "log" },
    { line: "show 2" },
    { line: "history demo/banner" },
    { line: "diff demo --from 1" },
    { line: "ns ls" },
    { line: "token ls" },
    { line: "mode" },
    { line: "status" },
    { line: "backup status" },
    { line: "backup run -o json" },
    { line: "backup ls" },
    { line: "backup show" },
    { line: "restore --plan" },
    { line: "key new --sign -o json" },
    { line: "--help" },
  ])("ends `ledge $line` quietly", async ({ line }) => {
    expect(await unread(line.split(" "))).toMatchObject({ status: 0, stderr: "" });
  });

  test("of the talk alone does not stop the work", async () => {
    const file = join(folder, "unheard.db");
    expect(await unread(["restore", "--to", file, "-o", "json"], "stderr")).toMatchObject({ status: 0 });
    expect(existsSync(file)).toBe(true);
  });

  test("is no excuse for a disk that is full", () => {
    const ran = shell("ledge get demo/banner > /dev/full");
    expect([ran.status, ran.stderr]).toEqual([1, expect.stringMatching(/standard output.*ENOSPC/)]);
    expect(ran.stderr).not.toMatch(/bug|\n {2,}at /);
  });
});

describe("standard input", () => {
  test.each([
    { name: "late", producer: "(sleep 1; echo hi)", value: "hi\n" },
    { name: "in pieces", producer: "(printf a; sleep 0.3; printf b; sleep 0.3; printf c)", value: "abc" },
    { name: "large", producer: "head -c 1000000 /dev/zero | tr '\\0' x", value: "x".repeat(1_000_000) },
  ])("is read to its end: $name", async ({ name, producer, value }) => {
    expect(shell(`${producer} | ledge put demo/in-${name.replace(" ", "-")}`).status).toBe(0);
    expect((await ledge(["get", `demo/in-${name.replace(" ", "-")}`])).stdout).toBe(value);
  });

  test("is what `--file -` names", async () => {
    expect(shell("(sleep 0.5; echo by name) | ledge put demo/named -f -").status).toBe(0);
    expect((await ledge(["get", "demo/named"])).stdout).toBe("by name\n");
  });

  test.each([
    { name: "text", value: "Hello", type: "text/plain" },
    { name: "YAML", value: "a: 1\r\n", type: "application/yaml" },
    { name: "YAML that is JSON, too", value: "42", type: "application/yaml" },
    { name: "JSON of a name of its own", value: "{}", type: "application/geo+json; x=1" },
    { name: "text with a byte order mark", value: "\ufeffkey=1", type: "text/x-odd" },
  ])("takes an older value from `ledge get`, byte and type exact: $name", async ({ value, type }) => {
    const put = await ledge(["put", "demo/again", "-", "-t", type, "--if", "any", "-o", "json"], {
      stdin: value,
    });
    const { revision } = JSON.parse(put.stdout);
    await ledge(["put", "demo/again", "[1]", "--if", "any"]);
    const back = `ledge get demo/again --revision ${revision} | ledge put demo/again --if any -m 'back'`;
    expect(shell(back).status).toBe(0);
    expect((await ledge(["get", "demo/again"])).stdout).toBe(value);
    expect(JSON.parse((await ledge(["get", "demo/again", "-o", "json"])).stdout).mediaType).toBe(type);
  });
});
