import { spawnSync } from "node:child_process";
import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { root } from "../../testkit/processes.ts";

function sourcesIn(folder: string): string[] {
  return readdirSync(join(root, folder), { recursive: true, encoding: "utf8" })
    .filter((name) => /\.(tsx?|mjs)$/.test(name))
    .map((name) => `${folder}/${name}`)
    .filter((file) => statSync(join(root, file)).isFile());
}

function importsOf(file: string): string[] {
  return [...readFileSync(join(root, file), "utf8").matchAll(/from "(\.[^"]+)"/g)].map((match) =>
    join(file, "..", match[1] ?? ""),
  );
}

const EXPORTED =
  /^export (?:declare |abstract |async )*(?:function\*?|const|class|interface|type|enum) (\w+)/gm;

/** The first argument of `test(`, `describe(` and what they are called as: `test.each(rows)(`. */
const TEST_NAME = /(?:\b(?:test|describe)(?:\.\w+)*\(|\)\()\s*(["`])((?:\\.|(?!\1)[^\\])*)\1/g;

/** `timeout: N`, and N as the last argument of a test or a hook. */
const TEST_LIMIT = /(?:\btimeout: |\),? |\},\s+)(\d[\d_]{4,})(?=,?\s*[)},])/g;

describe("the tree", () => {
  test.each([
    { runtime: "Node", config: "tsconfig.json" },
    { runtime: "QuickJS", config: "tsconfig.quickjs.json" },
    { runtime: "StarlingMonkey", config: "tsconfig.starling.json" },
    { runtime: "browsers", config: "tsconfig.browser.json" },
  ])("has types that hold, strictly, with what $runtime has", ({ config }) => {
    const tsc = join(root, "node_modules/typescript/bin/tsc");
    const ran = spawnSync(process.execPath, [tsc, "-p", join(root, config)], { encoding: "utf8", cwd: root });
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

  test("holds no file, export or dependency that nothing uses", () => {
    const ran = spawnSync(process.execPath, [join(root, "node_modules/knip/bin/knip.js"), "--no-progress"], {
      encoding: "utf8",
      cwd: root,
    });
    expect(`${ran.stdout}${ran.stderr}`).toBe("");
    expect(ran.status).toBe(0);
  });

  test("gives one exported name one meaning", () => {
    // What every component and every program exports by the same name.
    const shared = new Set(["inboundHttp", "main"]);
    const files = new Map<string, Set<string>>();
    for (const file of ["lib", "components", "packages", "programs", "build"].flatMap(sourcesIn)) {
      const text = readFileSync(join(root, file), "utf8");
      for (const [, name = ""] of text.matchAll(EXPORTED))
        files.set(name, (files.get(name) ?? new Set()).add(file));
    }
    expect(files.size).toBeGreaterThan(500);
    const doubled = [...files].filter(([name, where]) => where.size > 1 && !shared.has(name));
    expect(doubled).toEqual([]);
  });

  // What a library takes for a terminal may be a pipe: it colours wherever CI is set.
  test("colours only by what its own stream is", () => {
    const coloured = ["programs", "bench"]
      .flatMap(sourcesIn)
      .filter((file) => /\bcolor\.(?!createColors\()\w+/.test(readFileSync(join(root, file), "utf8")));
    expect(coloured).toEqual([]);
  });

  // Each place and where its imports may lead; its own folder always. docs/architecture.md draws it.
  const allowed: Record<string, RegExp> = {
    "lib/core": /^$/,
    "lib/api": /^lib\/core\//,
    "lib/json-schema": /^lib\/core\//,
    "lib/bucket": /^lib\/core\//,
    "lib/snapshot": /^lib\/(core|bucket)\//,
    "lib/store": /^lib\/(core|api|snapshot)\//,
    "lib/http": /^lib\/(core|api|store)\//,
    "lib/backup": /^lib\/(core|api|bucket|snapshot|store)\//,
    "lib/engines": /^lib\/(core|store|http)\//,
    // Types alone, as the bundle's test says.
    "packages/client": /^lib\/(core|api)\//,
    "packages/agent": /^lib\/(core|api|json-schema|store)\/|^packages\/client\//,
    // What a browser can run.
    "packages/console": /^lib\/(core|api)\/|^packages\/client\//,
    examples: /^packages\//,
    // The native engine runs the components' handlers.
    programs: /^(lib|packages|programs)\/|^components\/[a-z-]+\/handler\.ts$/,
    build: /^(lib\/(core|api|store\/sqlite)\/|programs\/host\/guests\/(wasm-binary|transpile))/,
    bench: /^(lib|packages|programs|build|testkit)\//,
    testkit: /^(lib|packages|programs|components|build)\//,
    test: /^(lib|packages|programs|components|build|testkit|vitest|package\.json)/,
  };
  for (const [folder, inward] of Object.entries(allowed)) {
    test(`imports only inward from ${folder}`, () => {
      expect(sourcesIn(folder)).not.toEqual([]);
      const outward = sourcesIn(folder).flatMap((file) =>
        importsOf(file)
          .filter((target) => !target.startsWith(`${folder}/`) && !inward.test(target))
          .map((target) => `${file} imports ${target}`),
      );
      expect(outward).toEqual([]);
    });
  }

  test("has every folder of sources in that table", () => {
    const top = readdirSync(root, { withFileTypes: true })
      .filter(
        (entry) =>
          entry.isDirectory() &&
          !/^(\.|node_modules$|dist$|docs$|deploy$|wit$|migrations$|scripts$)/.test(entry.name),
      )
      .flatMap(({ name }) =>
        name === "lib" || name === "packages"
          ? readdirSync(join(root, name)).map((one) => `${name}/${one}`)
          : [name],
      );
    expect(top.sort()).toEqual([...Object.keys(allowed), "components"].sort());
  });

  test("has no component that imports another, a program or a test", () => {
    for (const file of sourcesIn("components")) {
      const own = file.split("/").slice(0, 2).join("/");
      for (const target of importsOf(file))
        expect([file, target]).toEqual([file, expect.stringMatching(`^(lib/|${own}/)`)]);
    }
  });

  test("has no circle of imports", () => {
    const files = ["lib", "components", "packages", "programs", "build", "bench", "testkit"].flatMap(
      sourcesIn,
    );
    const arrows = new Map(files.map((file) => [file, importsOf(file)]));
    const done = new Set<string>();
    const circle = (file: string, path: readonly string[]): readonly string[] | undefined => {
      if (path.includes(file)) return [...path.slice(path.indexOf(file)), file];
      if (done.has(file)) return undefined;
      for (const target of arrows.get(file) ?? []) {
        const found = circle(target, [...path, file]);
        if (found !== undefined) return found;
      }
      done.add(file);
      return undefined;
    };
    expect(files.map((file) => circle(file, [])).filter((found) => found !== undefined)).toEqual([]);
  });

  test("has names of tests that fit a line: at most 80 characters", () => {
    const named = ["test", "testkit"].flatMap(sourcesIn).flatMap((file) => {
      const text = readFileSync(join(root, file), "utf8");
      return [...text.matchAll(TEST_NAME)].map(([, , name = ""]) => ({ file, name }));
    });
    expect(named.length).toBeGreaterThan(1_000);
    expect(named.filter(({ name }) => name.length > 80)).toEqual([]);
  });

  test("has no test that gets less time than all do, so that no slow machine decides", () => {
    const limits = ["test", "testkit"].flatMap(sourcesIn).flatMap((file) => {
      const text = readFileSync(join(root, file), "utf8");
      return [...text.matchAll(TEST_LIMIT)].map(([, ms = ""]) => ({
        file,
        ms: Number(ms.replace(/_/g, "")),
      }));
    });
    expect(limits.length).toBeGreaterThan(0);
    expect(limits.filter(({ ms }) => ms < 300_000)).toEqual([]);
  });

  test("carries no registry's host, which a lock file would pin for everybody", () => {
    const lock = readFileSync(join(root, "package-lock.json"), "utf8");
    expect(lock.match(/"resolved"/g)).toBeNull();
  });
});
