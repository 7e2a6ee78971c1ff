import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { readSpinManifest } from "../../../programs/host/spin/manifest.ts";
import { root, testFolder } from "../../../testkit/host.ts";

const BASE = `spin_manifest_version = 2
[application]
name = "a"
[variables]
x = { default = "1" }
[[trigger.http]]
route = "/..."
component = "c"
[component.c]
source = "c.wasm"
sqlite_databases = ["default"]
[component.c.variables]
y = "{{ x }}"
[component.c.tool.anything]
goes = { here = true }
`;

function read(text: string) {
  const file = join(testFolder(), "spin.toml");
  writeFileSync(file, text);
  return readSpinManifest(file);
}

describe("readManifest", () => {
  test("reads this project's own", () => {
    const manifest = readSpinManifest(join(root, "spin.toml"));
    const names = [
      "config-read",
      "config-write",
      "config-plan",
      "admin",
      "schema-check",
      "console",
      "snapshot-export",
    ];
    expect(manifest.components.map(({ name }) => name)).toEqual(names);
    expect(manifest.crons).toEqual([{ component: "snapshot-export", expression: "0 * * * * *" }]);
    expect(manifest.variables.bucket_endpoint).toEqual({ default: "https://bucket.invalid" });
  });

  test("takes a plain one, tool tables and all", () => {
    expect(read(BASE).components[0]).toMatchObject({
      name: "c",
      databases: ["default"],
      variables: { y: "{{ x }}" },
    });
  });

  test.each([
    {
      where: "at the top",
      text: BASE.replace("[application]", "surprise = 1\n[application]"),
      key: "surprise",
    },
    {
      where: "in the application",
      text: BASE.replace('name = "a"', 'name = "a"\nsurprise = 1'),
      key: "surprise",
    },
    {
      where: "in a component",
      text: BASE.replace('source = "c.wasm"', 'source = "c.wasm"\nsurprise = 1'),
      key: "surprise",
    },
    {
      where: "in a trigger",
      text: BASE.replace('component = "c"', 'component = "c"\nsurprise = 1'),
      key: "surprise",
    },
    { where: "of a trigger type", text: `${BASE}[[trigger.redis]]\nchannel = "x"\n`, key: "redis" },
    {
      where: "in a variable",
      text: BASE.replace('default = "1"', 'default = "1", surprise = 1'),
      key: "surprise",
    },
  ])("refuses an unknown key $where by its name", ({ text, key }) => {
    expect(() => read(text)).toThrow(key);
  });

  test.each([
    { name: "version 1", text: BASE.replace("version = 2", "version = 1"), words: "spin_manifest_version" },
    {
      name: "a variable with neither default nor required",
      text: BASE.replace('default = "1"', "secret = true"),
      words: "variables.x",
    },
    { name: "a camelCase variable", text: BASE.replace("x = { default", "xY = { default"), words: "xY" },
    { name: "a camelCase label", text: BASE.replace('"default"', '"myData"'), words: "sqlite_databases" },
    {
      name: "a trigger without a component",
      text: BASE.replace('component = "c"\n[', "["),
      words: "either a component",
    },
    {
      name: "a trigger of a component that is not there",
      text: BASE.replace('component = "c"', 'component = "d"'),
      words: "component d",
    },
    {
      name: "private = false",
      text: BASE.replace('route = "/..."', "route = { private = false }"),
      words: "trigger.http.0.route",
    },
    {
      name: "a base",
      text: BASE.replace('name = "a"', 'name = "a"\n[application.trigger.http]\nbase = "/x"'),
      words: "base",
    },
    { name: "text that is not TOML", text: "= 1", words: "spin.toml" },
  ])("refuses $name", ({ text, words }) => {
    expect(() => read(text)).toThrow(words);
  });
});
