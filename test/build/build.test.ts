import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { build } from "esbuild";
import { describe, expect, test } from "vitest";
import { buildComponent, planComponents } from "../../build/components.ts";
import { loadMigrations } from "../../build/migrations.ts";
import { constantsModule, migrationsModule, sqlConstants } from "../../build/plugins.ts";
import { buildPrograms } from "../../build/programs.ts";
import { root, testFolder } from "../../testkit/host.ts";

describe("loadMigrations", () => {
  test("reads this project's own, split, without comments or empty statements", () => {
    const migrations = loadMigrations(join(root, "migrations"));
    expect(migrations.map(({ version }) => version)).toEqual(migrations.map((_, at) => at + 1));
    for (const statement of migrations.flatMap(({ statements }) => statements)) {
      expect(statement.trim()).toBe(statement);
      expect(statement).not.toMatch(/^\s*--/m);
      expect(statement).not.toMatch(/;$/);
    }
  });

  test.each([
    { name: "a gap", files: { "0001-a.sql": "select 1", "0003-b.sql": "select 1" }, words: "migration 2" },
    { name: "a name out of form", files: { "1-a.sql": "select 1" }, words: "NNNN" },
    { name: "an empty file", files: { "0001-a.sql": "-- nothing\n" }, words: "no statement" },
  ])("refuses $name", ({ files, words }) => {
    const folder = testFolder();
    for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
    expect(() => loadMigrations(folder)).toThrow(words);
  });
});

describe("sqlConstants", () => {
  test("leaves constants and nothing of what made them", async () => {
    const folder = testFolder();
    writeFileSync(join(folder, "maker.ts"), "export const make = (n: number) => 'select ' + n;");
    writeFileSync(
      join(folder, "one.sql.ts"),
      'import { make } from "./maker.ts"; export const ONE = make(1); export default { list: [make(2)] };',
    );
    writeFileSync(
      join(folder, "entry.ts"),
      'import rest, { ONE } from "./one.sql.ts"; export const all = [ONE, rest.list];',
    );
    const { outputFiles } = await build({
      entryPoints: [join(folder, "entry.ts")],
      bundle: true,
      write: false,
      format: "esm",
      plugins: [sqlConstants(root)],
    });
    const text = outputFiles[0]?.text ?? "";
    expect(text).toContain('"select 1"');
    expect(text).toContain('"select 2"');
    expect(text).not.toContain("make");
  });

  test("makes one object of parts that are equal", () => {
    const part = { a: [1, { b: "x" }] };
    const value = { one: [part, part], other: { b: "x" }, rest: [null, "x", true] };
    const source = constantsModule("a.sql.ts", { V: value });
    expect(source.split('{"b":"x"}')).toHaveLength(2);
    const read = new Function(`${source.replace("export const V =", "return")}`);
    expect(read()).toEqual(value);
    const { one } = read();
    expect(one[0]).toBe(one[1]);
    expect(constantsModule("a.sql.ts", { V: { a: 1 } })).toBe('export const V = {"a":1};');
  });

  test("refuses what is not plain data, naming it", () => {
    expect(() => constantsModule("a.sql.ts", { f: () => 1 })).toThrow("a.sql.ts: f");
    expect(() => constantsModule("a.sql.ts", { a: { b: [new Map()] } })).toThrow("a.b[0]");
  });
});

describe("migrationsModule", () => {
  test("is the folder as data", async () => {
    const folder = testFolder();
    writeFileSync(join(folder, "0001-first.sql"), "create table t(a); -- x\n");
    const { outputFiles } = await build({
      stdin: { contents: 'export { default } from "ledge:migrations";', resolveDir: root },
      bundle: true,
      write: false,
      format: "esm",
      plugins: [migrationsModule(root, folder)],
    });
    const shown = JSON.stringify([{ version: 1, name: "first", statements: ["create table t(a)"] }]);
    const out = join(folder, "out.mjs");
    writeFileSync(out, outputFiles[0]?.contents ?? "");
    const { default: migrations } = await import(pathToFileURL(out).href);
    expect(JSON.stringify(migrations)).toBe(shown);
  });
});

describe("buildComponent", () => {
  const plan = (folder: string, source: string) => {
    writeFileSync(join(folder, "entry.ts"), source);
    const output = join(folder, "out", "tiny.wasm");
    return {
      name: "tiny",
      engine: "quickjs",
      world: "store-http",
      entry: join(folder, "entry.ts"),
      output,
    } as const;
  };
  const entry = (status: number) =>
    `export const inboundHttp = { handleRequest: () => ({ status: ${status} }) };`;

  test("builds once, and again only when something changed", async () => {
    const folder = testFolder();
    expect((await buildComponent(root, plan(folder, entry(200)))).fresh).toBe(true);
    expect((await buildComponent(root, plan(folder, entry(200)))).fresh).toBe(false);
    expect((await buildComponent(root, plan(folder, entry(201)))).fresh).toBe(true);
  });

  test("fails with the component's name, and leaves no half file", async () => {
    const folder = testFolder();
    const broken = plan(folder, "export const = 1;");
    await expect(buildComponent(root, broken)).rejects.toThrow("component tiny");
    await expect(buildComponent(root, { ...broken, entry: join(folder, "no.ts") })).rejects.toThrow(
      "component tiny",
    );
    expect(existsSync(broken.output)).toBe(false);
  });
});

describe("planComponents", () => {
  test("reads engine, world and entry from the tool tables", () => {
    const plans = planComponents(join(root, "spin.toml"));
    expect(plans.map(({ name, engine }) => [name, engine])).toEqual([
      ["config-read", "quickjs"],
      ["config-write", "quickjs"],
      ["config-plan", "quickjs-small"],
      ["admin", "quickjs-small"],
      ["schema-check", "quickjs-small"],
      ["console", "quickjs-small"],
      ["snapshot-export", "starlingmonkey"],
    ]);
  });

  test("refuses an engine that there is not", () => {
    const folder = testFolder();
    const file = join(folder, "spin.toml");
    writeFileSync(
      file,
      '[component.a]\nsource = "a.wasm"\n[component.a.tool.ledge]\nengine = "v8"\nworld = "w"\nentry = "e"\n',
    );
    expect(() => planComponents(file)).toThrow("engine");
  });
});

describe("buildPrograms", () => {
  test("finds every program by its folder", async () => {
    const folder = testFolder();
    mkdirSync(join(folder, "programs", "one"), { recursive: true });
    writeFileSync(join(folder, "programs", "one", "main.ts"), "console.log(1 satisfies number)");
    mkdirSync(join(folder, "programs", "one", "pool"));
    writeFileSync(join(folder, "programs", "one", "pool", "worker.ts"), "console.log(2)");
    expect(await buildPrograms(folder)).toEqual(["one", "one-worker"]);
    expect(readFileSync(join(folder, "dist", "programs", "one.mjs"), "utf8")).toContain("console.log(1)");
  });
});
