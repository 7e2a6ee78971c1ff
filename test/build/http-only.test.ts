import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { withoutCron } from "../../build/http-only.ts";
import { readSpinManifest } from "../../programs/host/spin/manifest.ts";
import { root, testFolder } from "../../testkit/host.ts";

describe("withoutCron", () => {
  test("leaves this project's manifest whole but for its schedule", () => {
    const file = join(testFolder(), "spin.toml");
    writeFileSync(file, withoutCron(readFileSync(join(root, "spin.toml"), "utf8")));
    const full = readSpinManifest(join(root, "spin.toml"));
    const derived = readSpinManifest(file);
    expect(full.crons).toHaveLength(1);
    expect(derived.crons).toEqual([]);
    expect(derived.routes).toEqual(full.routes);
    expect(derived.components.map(({ name }) => name)).toEqual(full.components.map(({ name }) => name));
  });

  test("refuses a manifest in which more would be lost", () => {
    expect(() => withoutCron('a = """\n[[trigger.cron]]\nx = 1\n"""\nb = 2')).toThrow();
  });
});
