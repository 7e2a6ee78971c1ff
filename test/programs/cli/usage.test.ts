import { describe, expect, test } from "vitest";
import { VERSION } from "../../../lib/core/version.ts";
import { ledge as run } from "../../../testkit/processes.ts";
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
    { line: "--help" },
    { line: "help" },
    { line: "get --help" },
    { line: "help get" },
    { line: "token --help" },
  ])("answers `ledge $line`", async ({ line }) => {
    expect(await run(line.split(" "))).toMatchObject({
      status: 0,
      stderr: "",
      stdout: expect.stringMatching(/^Usage/),
    });
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
