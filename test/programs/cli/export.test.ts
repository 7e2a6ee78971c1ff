import { spawnSync } from "node:child_process";
import { lstatSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, expect, test, vi } from "vitest";
import { openBetween } from "../../../testkit/between.ts";
import { serveCommand } from "../../../testkit/served-command.ts";

// Each test starts many processes, on a machine that may have other work.
vi.setConfig({ testTimeout: 240_000 });
const { folder, url, ledge } = serveCommand("export");
const freshFolder = () => join(mkdtempSync(join(folder, "out-")), "tree");

async function tokenFor(grant: string): Promise<string> {
  const made = await ledge(["token", "create", "exporter", "-g", grant]);
  expect(made.status).toBe(0);
  return made.stdout.trim();
}

/** Keys that no file can have as its name, or not beside the others. */
const ODD = {
  a: "file",
  "a/b": "below it",
  "../../up": "out",
  "x//y": "empty segment",
  "end.": "dot",
  "tail/": "slash",
  "/lead": "slash",
  ["n".repeat(300)]: "long",
  ".ledge-index.json": "ours",
  ".ledgeignore": "*",
  ".git/config": "skipped",
  "..data": "skipped",
};

/** The same as our JSON takes it. */
const asJson = (documents: Readonly<Record<string, string>>) => JSON.stringify(documents);

describe("ledge export", () => {
  test("writes back byte for byte what came in: diff -r with the tree finds nothing", async () => {
    const tree = mkdtempSync(join(folder, "tree-"));
    const files = {
      "x.json": '{"big":12345678901234567890, "one":1.0}',
      "x.yaml": "a: 1\r\n",
      "app.properties": "a=1",
      ".env": "A=1\n",
      "deep/er/site.conf": "x",
      "deep/Key": "upper",
      "deep/key": "lower",
      replicas: "3\n",
      "ü ß+%41.txt": "x",
      "logo.bin": Uint8Array.from([255, 254]),
      blob: Uint8Array.from([0, 255]),
      empty: "",
    };
    for (const [path, bytes] of Object.entries(files)) {
      mkdirSync(dirname(join(tree, path)), { recursive: true });
      writeFileSync(join(tree, path), bytes);
    }
    expect((await ledge(["import", tree, "-n", "git", "--create-namespaces"])).status).toBe(0);
    const out = freshFolder();
    expect((await ledge(["export", out, "-n", "git"])).status).toBe(0);
    const compared = spawnSync("diff", ["-r", tree, join(out, "git")], { encoding: "utf8" });
    expect([compared.status, compared.stdout]).toEqual([0, ""]);
    expect((await ledge(["export", out, "-n", "git"])).status).toBe(2);
  });

  test("gives keys that cannot be file names short ones and an index, which import reads", async () => {
    expect((await ledge(["ns", "put", "odd"])).status).toBe(0);
    expect((await ledge(["import", "-", "-n", "odd"], { stdin: asJson(ODD) })).status).toBe(0);
    for (const [key, type] of [
      ["typed.json", "text/plain"],
      ["typed", "image/svg+xml"],
    ] as const)
      expect((await ledge(["put", `odd/${key}`, "bytes", "-t", type])).status).toBe(0);
    const out = freshFolder();
    const ran = await ledge(["export", out]);
    expect(ran).toMatchObject({
      status: 0,
      stderr: expect.stringContaining("11 keys that cannot be a file's name"),
    });
    expect(readdirSync(dirname(out))).toEqual(["tree"]);
    expect(readFileSync(join(out, "odd", "a", "b"), "utf8")).toBe('"below it"');
    const index = JSON.parse(readFileSync(join(out, "odd", ".ledge-index.json"), "utf8"));
    expect(index.files).toMatchObject({
      "typed.json": { mediaType: "text/plain" },
      typed: { mediaType: "image/svg+xml" },
    });
    for (const path of Object.keys(index.files)) expect(path.length).toBeLessThan(60);
    const same = await ledge(["import", join(out, "odd"), "-n", "odd", "--plan", "--prune"]);
    expect([same.status, same.stdout]).toEqual([0, ""]);
    expect((await ledge(["import", out, "--plan", "--prune"])).status).toBe(0);
    expect((await ledge(["import", join(out, "odd"), "-n", "copy", "--create-namespaces"])).status).toBe(0);
    const copied = ["import", "-", "-n", "copy", "--plan", "--prune", "--exclude", "typed*"];
    expect(await ledge(copied, { stdin: asJson(ODD) })).toMatchObject({ status: 0, stdout: "" });
  });

  test("keeps names that differ only in case apart with --fold-case", async () => {
    const documents = { Key: "1", key: "2", "Dir/x": "3", "dir/x": "4" };
    expect(
      (await ledge(["import", "-", "-n", "cases", "--create-namespaces"], { stdin: asJson(documents) }))
        .status,
    ).toBe(0);
    const out = freshFolder();
    expect((await ledge(["export", out, "-n", "cases", "--fold-case"])).status).toBe(0);
    const names = readdirSync(join(out, "cases"), { recursive: true, encoding: "utf8" });
    expect(new Set(names.map((name) => name.toLowerCase())).size).toBe(names.length);
    expect((await ledge(["import", out, "--plan", "--prune"])).status).toBe(0);
  });

  test("adds the type as extension with --add-extensions, which --strip-extensions reads", async () => {
    expect((await ledge(["put", "demo/up/../../out", "1", "--if", "absent"])).status).toBe(0);
    const out = freshFolder();
    expect((await ledge(["export", out, "-n", "demo", "--add-extensions"])).status).toBe(0);
    expect(readdirSync(join(out, "demo"))).toContain("banner.txt");
    expect(readdirSync(join(out, "demo", "up"))).toEqual(["%2E%2E"]);
    expect(lstatSync(join(out, "out.json"), { throwIfNoEntry: false })).toBeUndefined();
    expect((await ledge(["import", out, "--plan", "--prune", "--strip-extensions"])).status).toBe(0);
  });

  test("refuses an index that is none, and a file of ours that the index does not name", async () => {
    const tree = mkdtempSync(join(folder, "tree-"));
    mkdirSync(join(tree, ".ledge-files"));
    writeFileSync(join(tree, ".ledge-files", "0123"), "x");
    writeFileSync(join(tree, ".ledge-index.json"), '{"format": 2}');
    const ran = await ledge(["import", tree, "-n", "demo"]);
    expect(ran.status).toBe(2);
    expect(ran.stderr).toMatch(
      /2 faults[\s\S]*\.ledge-index\.json: it is no index[\s\S]*0123: .*does not say which key/,
    );
  });
});

describe("ledge export with a token that only reads", () => {
  test("writes the present state of what it may read, without namespaces or the past", async () => {
    expect(
      (await ledge(["import", "-", "--create-namespaces"], { stdin: '{"ro-a":{"x":1},"ro-b":{"y":2}}' }))
        .status,
    ).toBe(0);
    const png = join(folder, "x.png");
    writeFileSync(png, Uint8Array.from([0x89, 0xff]));
    expect((await ledge(["put", "ro-a/x.png", "-f", png, "-t", "image/png"])).status).toBe(0);
    const out = freshFolder();
    const env = { LEDGE_TOKEN: await tokenFor("read:ro-a") };
    expect(await ledge(["export", out], { env })).toMatchObject({ status: 0 });
    expect(readdirSync(out)).toEqual(["ro-a"]);
    expect([...readFileSync(join(out, "ro-a", "x.png"))]).toEqual([0x89, 0xff]);
    const all = freshFolder();
    expect((await ledge(["export", all], { env: { LEDGE_TOKEN: await tokenFor("read:*") } })).status).toBe(0);
    expect(readdirSync(all)).toEqual(expect.arrayContaining(["demo", "ro-a", "ro-b"]));
    const blind = { LEDGE_TOKEN: await tokenFor("read:*/some/") };
    expect(await ledge(["export", freshFolder()], { env: blind })).toMatchObject({
      status: 2,
      stderr: expect.stringContaining("-n"),
    });
  });

  const meanwhile = [
    { verbs: "read", holds: "2", writes: "newer ones too, and says so", told: /changed meanwhile, .*mid-b/ },
    { verbs: "read,history", holds: "1", writes: "one revision", told: /^✓ 2 documents at revision \d+\n$/ },
  ];
  for (const { verbs, holds, writes, told } of meanwhile) {
    test(`with ${verbs} and others writing meanwhile, writes ${writes}`, async () => {
      const stdin = '{"mid-a":{"x":1},"mid-b":{"x":1}}';
      expect((await ledge(["import", "-", "--create-namespaces"], { stdin })).status).toBe(0);
      const grants = ["-g", `${verbs}:mid-a`, "-g", `${verbs}:mid-b`];
      const token = (await ledge(["token", "create", "exporter", ...grants])).stdout.trim();
      const between = await openBetween(url(), async ({ path, nth }) => {
        if (path === "/v1/list/mid-b" && nth === 1) await ledge(["put", "mid-b/x", "2", "--if", "any"]);
        return undefined;
      });
      const out = freshFolder();
      const ran = await ledge(["export", out], { env: { LEDGE_URL: between.url, LEDGE_TOKEN: token } });
      await between.close();
      expect([ran.status, ran.stderr]).toEqual([0, expect.stringMatching(told)]);
      expect(readFileSync(join(out, "mid-b", "x"), "utf8")).toBe(holds);
    });
  }
});
