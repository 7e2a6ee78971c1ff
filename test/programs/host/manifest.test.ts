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
    const names = ["config-read", "config-write", "admin", "snapshot-export"];
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
    ["at the top", BASE.replace("[application]", "surprise = 1\n[application]"), "surprise"],
    ["in the application", BASE.replace('name = "a"', 'name = "a"\nsurprise = 1'), "surprise"],
    ["in a component", BASE.replace('source = "c.wasm"', 'source = "c.wasm"\nsurprise = 1'), "surprise"],
    ["in a trigger", BASE.replace('component = "c"', 'component = "c"\nsurprise = 1'), "surprise"],
    ["of a trigger type", `${BASE}[[trigger.redis]]\nchannel = "x"\n`, "redis"],
    ["in a variable", BASE.replace('default = "1"', 'default = "1", surprise = 1'), "surprise"],
  ])("refuses an unknown key %s by its name", (_where, text, name) => {
    expect(() => read(text)).toThrow(name);
  });

  test.each([
    ["version 1", BASE.replace("version = 2", "version = 1"), "spin_manifest_version"],
    [
      "a variable with neither default nor required",
      BASE.replace('default = "1"', "secret = true"),
      "variables.x",
    ],
    ["a camelCase variable", BASE.replace("x = { default", "xY = { default"), "xY"],
    ["a camelCase label", BASE.replace('"default"', '"myData"'), "sqlite_databases"],
    ["a trigger without a component", BASE.replace('component = "c"\n[', "["), "either a component"],
    [
      "a trigger of a component that is not there",
      BASE.replace('component = "c"', 'component = "d"'),
      "component d",
    ],
    [
      "private = false",
      BASE.replace('route = "/..."', "route = { private = false }"),
      "trigger.http.0.route",
    ],
    ["a base", BASE.replace('name = "a"', 'name = "a"\n[application.trigger.http]\nbase = "/x"'), "base"],
    ["text that is not TOML", "= 1", "spin.toml"],
  ])("refuses %s", (_name, text, words) => {
    expect(() => read(text)).toThrow(words);
  });
});
