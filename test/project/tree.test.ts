import { spawnSync } from "node:child_process";
import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { root } from "../support/processes.ts";

function sourcesIn(folder: string): string[] {
  return readdirSync(join(root, folder), { recursive: true, encoding: "utf8" })
    .filter((name) => /\.(ts|mjs)$/.test(name))
    .map((name) => `${folder}/${name}`)
    .filter((file) => statSync(join(root, file)).isFile());
}

function importsOf(file: string): string[] {
  return [...readFileSync(join(root, file), "utf8").matchAll(/from "(\.[^"]+)"/g)].map((match) =>
    join(file, "..", match[1] ?? ""),
  );
}

describe("the tree", () => {
  test("has types that hold, strictly", () => {
    const ran = spawnSync(process.execPath, [join(root, "node_modules/typescript/bin/tsc"), "-p", root], {
      encoding: "utf8",
      cwd: root,
    });
    expect(ran.stdout).toBe("");
    expect(ran.status).toBe(0);
  });

  test("passes the linter and is formatted", () => {
    const ran = spawnSync(
      process.execPath,
      [join(root, "node_modules/@biomejs/biome/bin/biome"), "ci", "--max-diagnostics=20", "--colors=off"],
      { encoding: "utf8", cwd: root },
    );
    expect(`${ran.stdout}${ran.stderr}`).not.toMatch(/×/);
    expect(ran.status).toBe(0);
  });

  const allowed: Record<string, RegExp> = {
    "lib/core": /^lib\/core\//,
    "lib/wire": /^lib\/(core|wire)/,
    "lib/store": /^lib\/(core|wire|store)/,
    "lib/door": /^lib\//,
    "lib/backup": /^lib\//,
  };
  for (const [folder, inward] of Object.entries(allowed)) {
    test(`imports only inward from ${folder}`, () => {
      for (const file of sourcesIn(folder)) {
        for (const target of importsOf(file))
          expect([file, target]).toEqual([file, expect.stringMatching(inward)]);
      }
    });
  }

  test("has no component that imports another, a program or a test", () => {
    for (const file of sourcesIn("components")) {
      const own = file.split("/").slice(0, 2).join("/");
      for (const target of importsOf(file))
        expect([file, target]).toEqual([file, expect.stringMatching(`^(lib/|${own}/)`)]);
    }
  });

  test("carries no registry's host, which a lock file would pin for everybody", () => {
    const lock = readFileSync(join(root, "package-lock.json"), "utf8");
    expect(lock.match(/"resolved"/g)).toBeNull();
  });
});
