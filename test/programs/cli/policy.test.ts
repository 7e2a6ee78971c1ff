/** `ledge policy`, and what policies stop at the command line. */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { serveCommand } from "../../../testkit/served-command.ts";

const { ledge, folder } = serveCommand("policy");

/** Runs one line, whose words hold no spaces but in `more`. */
const run = (line: string, ...more: string[]) => ledge([...line.split(" "), ...more]);
async function done(line: string, ...more: string[]): Promise<string> {
  const ran = await run(line, ...more);
  if (ran.status !== 0) throw new Error(`${line}: ${ran.status} ${ran.stderr}`);
  return ran.stdout;
}

/** A folder of files to import, by name. */
function source(name: string, files: Readonly<Record<string, string>>): string {
  const path = join(folder, name);
  mkdirSync(join(path, "features"), { recursive: true });
  for (const [file, text] of Object.entries(files)) writeFileSync(join(path, file), text);
  return path;
}

describe("ledge policy", () => {
  beforeAll(() => done("ns put settings"));

  test("puts what is named, keeps the rest, and shows and removes it", async () => {
    const put = "policy put settings --scope a/";
    expect((await run(`${put} --max-deleted 0 --max-growth 64KiB`)).stderr).toContain(
      "policy of a/ in settings is made",
    );
    await done(`${put} --max-deleted 2 --freeze 2099-11-27..2099-11-30T12:00:00Z --reason`, "the sale");
    const { budgets, freeze } = JSON.parse(await done("policy get settings --scope a/ -o json"));
    expect(budgets).toEqual({ keysDeleted: 2, growthBytes: 65_536 });
    const window = {
      from: "2099-11-27T00:00:00.000Z",
      until: "2099-11-30T12:00:00.000Z",
      reason: "the sale",
    };
    expect(freeze).toEqual([window]);
    expect(await done("policy get settings --scope a/")).toBe(
      `keysDeleted 2\ngrowthBytes 65536\nfreeze ${window.from}..${window.until} the sale\n`,
    );
    expect((await done("policy ls settings")).split("\n")[1]).toMatch(/^settings +a\/ +2 +\S+ \S+ +1$/);
    await done(`${put} --unset max-growth --unset freeze`);
    expect(JSON.parse(await done("policy ls -o json"))).toMatchObject([
      { scope: "a/", budgets: { keysDeleted: 2 } },
    ]);
    expect((await run("policy rm settings --scope a/")).stderr).toContain("is gone");
    const gone = await run("policy get settings --scope a/");
    expect([gone.status, gone.stderr]).toEqual([
      3,
      expect.stringContaining("there is no policy of a/ in settings"),
    ]);
  });

  test.each([
    { line: "--max-growth 1MB", says: "--max-growth takes bytes" },
    { line: "--max-deleted -1", says: "--max-deleted takes a whole number" },
    { line: "--freeze 2099-01-01..2099-01-02", says: "--freeze and --reason go together" },
    { line: "--freeze 2099-01-01 --reason x", says: "FROM..UNTIL" },
    { line: "--freeze 2099-01-02..2099-01-01 --reason x", says: "--freeze ends before it begins" },
    { line: "-m why", says: "name a budget" },
    { line: "--unset quota", says: "there is no setting quota" },
    { line: "--max-deleted 1 --unset max-deleted", says: "set and unset at once" },
  ])("refuses $line", async ({ line, says }) => {
    const ran = await run(`policy put settings ${line}`);
    expect([ran.status === 0, ran.stderr]).toEqual([false, expect.stringContaining(says)]);
  });
});

describe("a scope without a slash", () => {
  beforeAll(async () => {
    await done("ns put scoped");
    await done("put scoped/in/a 1");
    await done("put scoped/routes 1");
  });

  test.each([
    { scope: "in", warns: true },
    { scope: "routes", warns: false },
    { scope: "in/", warns: false },
  ])("is warned of where it covers no document and a prefix would: $scope", async ({ scope, warns }) => {
    const ran = await run(`policy put scoped --scope ${scope} --max-deleted 0`);
    expect([ran.status, ran.stderr.includes("write in/")]).toEqual([0, warns]);
  });
});

test("a freeze that ends before it begins is wrong use", async () => {
  await done("ns put frozen-wrong");
  const line = "policy put frozen-wrong --freeze 2099-01-02..2099-01-01 --reason x";
  expect((await run(line)).status).toBe(2);
});

test.each([{ line: "policy put --help" }, { line: "promote --help" }])(
  "`ledge $line` shows no empty default",
  async ({ line }) => {
    expect(await done(line)).not.toContain('default: ""');
  },
);

describe("an import that", () => {
  const features = Object.fromEntries(Array.from({ length: 6 }, (_, at) => [`features/${at}`, "on"]));
  const files = { ...features, "routes.json": `["${"x".repeat(500)}"]`, "limits.yaml": "rps: 100\n" };

  beforeAll(async () => {
    await done("ns put shop");
    await done(`import ${source("whole", files)} -n shop`);
    await done("policy put shop --max-emptied 0 --max-growth 400");
    await done("policy put shop --scope features/ --max-deleted 2");
  });

  test.each([
    { name: "empties a file", change: { "limits.yaml": "\n" }, says: "emptied 1, where shop allows 0" },
    {
      name: "deletes most of a prefix",
      change: {
        ...Object.fromEntries(
          Object.keys(features)
            .slice(0, 4)
            .map((key) => [key, undefined]),
        ),
      },
      says: "keysDeleted 4, where features/ in shop allows 2",
    },
    {
      name: "doubles the size of a document",
      change: { "routes.json": `["${"x".repeat(1000)}"]` },
      says: "growthBytes 500, where shop allows 400",
    },
  ])("$name is stopped by a policy", async ({ name, change, says }) => {
    const changed = Object.entries({ ...files, ...change }).flatMap(([file, text]) =>
      text === undefined ? [] : [[file, text] as const],
    );
    const path = source(name.replaceAll(" ", "-"), Object.fromEntries(changed));
    const line = `${path} -n shop --prune`;
    const planned = await run(`plan ${line}`);
    expect([planned.status, planned.stderr]).toEqual([6, expect.stringContaining(says)]);
    const ran = await run(`import ${line} --yes`);
    expect([ran.status, ran.stderr]).toEqual([6, expect.stringContaining(says)]);
    expect(ran.stderr).toContain("--override REASON");
    // Everything is as it was.
    expect((await run(`import ${source("whole", files)} -n shop --prune --plan`)).status).toBe(0);
  });
});

describe("--override", () => {
  const newest = async () => JSON.parse(await done("log -n 1 -o json")).commits[0];
  const reasonOf = async () => (await newest()).meta?._override;

  test("of every command that changes documents stands in the log", async () => {
    for (const name of ["kept", "from"]) await done(`ns put ${name}`);
    await done("put from/a x");
    await done("policy put kept --max-changed 0");
    expect((await run("put kept/a 1")).status).toBe(6);
    const path = source("kept", { a: "2", b: "2" });
    const ways = [
      "put kept/a 1 --override put",
      `import ${path} -n kept --override import`,
      "rm kept/b --if any --override rm",
      `apply ${path} -n kept --yes --override apply`,
      "promote from kept --yes --override promote",
    ];
    for (const way of ways) {
      await done(way);
      expect(await reasonOf()).toBe(way.split(" ").at(-1));
    }
    const { revision } = await newest();
    const shown = await done(`show ${revision}`);
    expect(shown).toMatch(/_override=promote .*_overridden=keysChanged 1, where kept allows 0/);
    await done(`revert ${revision} --yes --override revert`);
    expect(await reasonOf()).toBe("revert");
  });
});
