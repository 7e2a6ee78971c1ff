import { writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { shownAddress } from "../../../programs/host/spin/databases.ts";
import { readRuntimeConfig } from "../../../programs/host/spin/runtime-config.ts";
import { buildFor, openTestHost, PROBE_MANIFEST, testFolder } from "../../../testkit/host.ts";

beforeAll(() => buildFor(PROBE_MANIFEST, ["quick"]));

function fileOf(text: string): string {
  const file = join(testFolder(), "runtime-config.toml");
  writeFileSync(file, text);
  return file;
}

describe("readRuntimeConfig", () => {
  test("names files from the current directory, and libSQL servers", () => {
    const file = fileOf(`
[sqlite_database.default]
type = "libsql"
url = "https://ledge.example.com"
token = "secret"
[sqlite_database.other]
type = "spin"
path = "data/other.db"
`);
    expect(readRuntimeConfig(file)).toEqual({
      default: { url: "https://ledge.example.com", token: "secret" },
      other: resolve("data/other.db"),
    });
  });

  test.each([
    {
      text: '[sqlite_database.default]\ntype = "libsql"\nurl = "http://a"',
      words: "sqlite_database.default.token",
    },
    {
      text: '[sqlite_database.default]\ntype = "libsql"\nurl = "libsql://a"\ntoken = ""',
      words: "does not start with",
    },
    { text: '[sqlite_database.default]\ntype = "spin"\npath = "a"\nurl = "b"', words: "url" },
    { text: '[sqlite_database.default]\ntype = "postgres"', words: "sqlite_database.default.type" },
    { text: '[sqlite_database.camelCase]\ntype = "spin"\npath = "a"', words: "camelCase" },
    { text: '[key_value_store.default]\ntype = "spin"', words: "key_value_store: is not served" },
    { text: 'state_dir = "x"', words: "state_dir: is set with --data" },
    { text: "[surprise]\na = 1", words: "surprise: is not known" },
    { text: "[", words: "runtime-config.toml" },
  ])("refuses by name: $words", ({ text, words }) => {
    expect(() => readRuntimeConfig(fileOf(text))).toThrow(words);
  });
});

describe("a host with a runtime configuration", () => {
  test("opens the file that it names", async () => {
    const database = join(testFolder(), "elsewhere.db");
    const runtimeConfigFile = fileOf(`[sqlite_database.default]\ntype = "spin"\npath = "${database}"\n`);
    const host = await openTestHost({ runtimeConfigFile });
    expect(host.database).toBe(database);
    const asked = { method: "POST", body: JSON.stringify([["select file from pragma_database_list"]]) };
    expect(await host.json("/quick/sql", asked)).toEqual([expect.objectContaining({ rows: [[database]] })]);
  });
});

describe("shownAddress", () => {
  test("shows neither a token nor a password", () => {
    expect(shownAddress({ url: "https://me:pw@ledge.example.com/a", token: "t" })).toBe(
      "https://ledge.example.com/a",
    );
    expect(shownAddress("/a.db")).toBe("/a.db");
  });
});
