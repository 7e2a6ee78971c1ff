import { spawn, spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, expect, test, vi } from "vitest";
import { openBetween } from "../../../testkit/between.ts";
import { cleanEnvironment, root } from "../../../testkit/processes.ts";
import { serveCommand } from "../../../testkit/served-command.ts";

// Each test starts many processes, on a machine that may have other work.
vi.setConfig({ testTimeout: 240_000 });
const { folder, data, ledge, url } = serveCommand("import");

/** A new folder with these files. */
function files(contents: Readonly<Record<string, string | Uint8Array>>): string {
  const dir = mkdtempSync(join(folder, "tree-"));
  for (const [path, bytes] of Object.entries(contents)) {
    mkdirSync(dirname(join(dir, path)), { recursive: true });
    writeFileSync(join(dir, path), bytes);
  }
  return dir;
}

async function namespace(name: string, documents: Readonly<Record<string, string>> = {}): Promise<string> {
  expect((await ledge(["ns", "put", name])).status).toBe(0);
  if (Object.keys(documents).length > 0)
    expect((await ledge(["import", files(documents), "-n", name])).status).toBe(0);
  return name;
}

async function typesIn(name: string): Promise<Record<string, string>> {
  const { stdout } = await ledge(["ls", name, "--all", "-o", "json"]);
  const { documents } = JSON.parse(stdout);
  return Object.fromEntries(
    documents.map((one: { key: string; mediaType: string }) => [one.key, one.mediaType]),
  );
}

describe("ledge import --plan", () => {
  test("says what it would create, change and delete, changes nothing, ends with 8", async () => {
    const ns = await namespace("planned", {
      "a.json": "1",
      "b.txt": "old\nsame\n",
      "same.txt": "x",
      "z.txt": "x",
    });
    const source = files({ "b.txt": "new\nsame\n", "c/new.yaml": "a: 1\n", "same.txt": "x", "z.txt": "x" });
    const ran = await ledge(["import", source, "-n", ns, "--plan", "--prune", "--diff"]);
    expect(ran.status).toBe(8);
    expect(ran.stdout).toMatch(
      /^~ planned\/b\.txt .*\n(?:.*\n)*\+ planned\/c\/new\.yaml .*\n(?:.*\n)*- planned\/a\.json/m,
    );
    expect(ran.stdout).toMatch(/^-old\n\+new\n same$/m);
    expect(ran.stdout).not.toContain("\u001b[");
    expect(ran.stderr).toContain("1 to create, 1 to change, 1 to delete, 2 as they are");
    expect(await typesIn(ns)).toHaveProperty(["a.json"], "application/json");
  });

  test("ends with 0 when nothing would change, and says all of it as JSON", async () => {
    const ns = await namespace("quiet", { "a.json": "1" });
    const same = await ledge(["import", files({ "a.json": "1" }), "-n", ns, "--plan", "--prune"]);
    expect(same).toMatchObject({
      status: 0,
      stdout: "",
      stderr: expect.stringContaining("nothing would change"),
    });
    const other = await ledge(["import", files({ "a.json": "2" }), "-n", ns, "--plan", "-o", "json"]);
    expect(other.status).toBe(8);
    expect(JSON.parse(other.stdout)).toMatchObject({
      created: 0,
      changed: 1,
      changes: [{ op: "change", key: "a.json", before: { etag: expect.stringMatching(/^"\d+-/) } }],
    });
  });
});

describe("ledge import", () => {
  test("prints a line for each change and the revision", async () => {
    const ns = await namespace("lines", { "a.txt": "1", "b.txt": "1" });
    const ran = await ledge(["import", files({ "b.txt": "2", "c.txt": "3" }), "-n", ns, "--prune", "--yes"]);
    expect(ran.status).toBe(0);
    expect(ran.stdout).toMatch(/^~ lines\/b\.txt .*\n\+ lines\/c\.txt .*\n- lines\/a\.txt .*\n$/);
    expect(ran.stderr).toMatch(/1 created, 1 changed, 1 deleted, 0 as they were .*: revision \d+\n/);
  });

  test("takes the file's name as key and its extension as media type", async () => {
    const ns = await namespace("names");
    const source = files({
      "x.json": "{}",
      "x.yaml": "a: 1",
      "x.yml": "a: 1",
      "x.toml": "a = 1",
      "x.xml": "<a/>",
      "app.properties": "a=1",
      ".env": "A=1",
      "site.conf": "x",
      "logo.png": Uint8Array.from([0x89, 0x50]),
      replicas: "3",
      README: "words",
      blob: Uint8Array.from([255, 254]),
    });
    expect((await ledge(["import", source, "-n", ns])).status).toBe(0);
    expect(await typesIn(ns)).toEqual({
      "x.json": "application/json",
      "x.yaml": "application/yaml",
      "x.yml": "application/yaml",
      "x.toml": "application/toml",
      "x.xml": "application/xml",
      "app.properties": "text/plain",
      ".env": "text/plain",
      "site.conf": "text/plain",
      "logo.png": "image/png",
      replicas: "application/json",
      README: "text/plain",
      blob: "application/octet-stream",
    });
  });

  test("takes extensions off keys with --strip-extensions; two files may be one key", async () => {
    const ns = await namespace("stripped");
    const source = files({ "limits/api.json": '{"big":12345678901234567890, "one":1.0}', "logo.bin": "x" });
    expect((await ledge(["import", source, "-n", ns, "--strip-extensions"])).status).toBe(0);
    expect((await ledge(["get", `${ns}/limits/api`])).stdout).toBe('{"big":12345678901234567890, "one":1.0}');
    expect(await typesIn(ns)).toEqual({ "limits/api": "application/json", logo: "application/octet-stream" });
    const double = files({ "a.json": "1", "a.txt": "1" });
    expect(await ledge(["import", double, "-n", ns, "--strip-extensions"])).toMatchObject({
      status: 2,
      stderr: expect.stringMatching(/a\.txt: this is stripped\/a, and so is .*a\.json/),
    });
    const none = files({ "a%00b.txt": "" });
    expect((await ledge(["import", none, "-n", ns, "--strip-extensions"])).status).toBe(2);
  });

  test("tells every fault at once, each with its file and line, and writes nothing", async () => {
    const ns = await namespace("faulty");
    const source = files({
      "good.json": "{}",
      "bom.json": "\ufeff{}",
      "comma.json": '{\n "a": 1,\n}',
      "twice.json": '{"a": 1,\n "a": 2}',
      "lone.json": '["x",\n "\\ud800"]',
      "latin.json": Buffer.from('{"a": "caf\xe9"}', "latin1"),
      "latin.yaml": Buffer.from("a: 1\nb: na\xefve", "latin1"),
      "zero.json": "01",
      "deep.json": "[".repeat(65) + "]".repeat(65),
      "abyss.json": "[".repeat(100_000),
      "big.bin": new Uint8Array(1_048_577),
      "bad\u0007key": "x",
    });
    writeFileSync(Buffer.concat([Buffer.from(join(source, "caf")), Buffer.from([0xe9])]), "x");
    symlinkSync("/etc/hostname", join(source, "out"));
    symlinkSync("nowhere", join(source, "dangling"));
    symlinkSync(".", join(source, "circle"));
    const ran = await ledge(["import", source, "-n", ns]);
    expect([ran.status, ran.stdout]).toEqual([2, ""]);
    const told = ran.stderr.split("\n").map((line) => line.trim().replace(`${source}/`, ""));
    expect(told[0]).toMatch(/15 faults; nothing was written$/);
    for (const expected of [
      /^bom\.json:1:1: .*byte order mark/,
      /^comma\.json:3:1: /,
      /^twice\.json:2:2: the member "a" stands twice/,
      /^lone\.json:2:2: \\ud800/,
      /^latin\.json:1:11: the byte 0xe9/,
      /^latin\.yaml:2:6: the byte 0xef/,
      /^zero\.json:1:2: /,
      /^deep\.json:1:65: .*deeper than 64/,
      /^abyss\.json:1:1: .*deeper than 64/,
      /^big\.bin: .*1,048,577 bytes/,
      /^bad\\x07key: /,
      /^caf\\xe9: its name is not UTF-8/,
      /^out: .*link out of the folder/,
      /^dangling: .*link to what is not there/,
      /^circle: .*circle/,
    ])
      expect(told).toContainEqual(expect.stringMatching(expected));
    expect(await typesIn(ns)).toEqual({});
  });

  test("follows links inside the folder, as a mounted ConfigMap has them", async () => {
    const ns = await namespace("mounted");
    const source = files({ "..2026_11_29/app.yaml": "a: 1" });
    symlinkSync("..2026_11_29", join(source, "..data"));
    symlinkSync("..data/app.yaml", join(source, "app.yaml"));
    expect((await ledge(["import", source, "-n", ns])).status).toBe(0);
    expect(await typesIn(ns)).toEqual({ "app.yaml": "application/yaml" });
  });

  test("leaves out version control, .ledgeignore and --exclude, with --prune too", async () => {
    const ns = await namespace("ignoring", { "kept/secret.txt": "x", "gone.txt": "x", "b.bak": "x" });
    const source = files({
      ".git/config": "x",
      ".ledgeignore": "kept/\n# words\n",
      "kept/other": "x",
      "a.bak": "x",
      "a.txt": "x",
    });
    const ran = await ledge(["import", source, "-n", ns, "--exclude", "*.bak", "--prune", "--yes"]);
    expect(ran.status).toBe(0);
    expect(Object.keys(await typesIn(ns))).toEqual(["a.txt", "b.bak", "kept/secret.txt"]);
  });

  test("deletes only after a yes, and never beyond the prefix that was named", async () => {
    const ns = await namespace("pruned", { "front/a": "1", "front/b": "1", frontier: "1", other: "1" });
    const source = files({ a: "1" });
    const args = ["import", source, "-n", ns, "--prefix", "front/", "--prune"];
    expect(await ledge(args)).toMatchObject({
      status: 2,
      stderr: expect.stringMatching(/Delete 1 document[\s\S]*--plan[\s\S]*--yes/),
    });
    expect(Object.keys(await typesIn(ns))).toHaveLength(4);
    expect((await ledge([...args, "--yes"])).status).toBe(0);
    expect(Object.keys(await typesIn(ns))).toEqual(["front/a", "frontier", "other"]);
    expect((await ledge(["import", source, "-n", ns, "--prefix", "front"])).status).toBe(2);
    expect((await ledge(["import", source, "--prefix", "front/"])).status).toBe(2);
  });

  test("empties a namespace whose folder or member is empty", async () => {
    await namespace("emptied", { a: "1" });
    const source = files({});
    mkdirSync(join(source, "emptied"));
    expect((await ledge(["import", source, "--prune", "--yes"])).status).toBe(0);
    expect(await typesIn("emptied")).toEqual({});
    expect((await ledge(["import", files({ b: "1" }), "-n", "emptied"])).status).toBe(0);
    expect((await ledge(["import", "-", "--prune", "--yes"], { stdin: '{"emptied":{}}' })).status).toBe(0);
    expect(await typesIn("emptied")).toEqual({});
  });

  test("names all missing namespaces at once with the command for them, or makes them", async () => {
    const source = files({ "new-one/a": "1", "new-two/a": "1" });
    const ran = await ledge(["import", source]);
    expect(ran.status).toBe(3);
    expect(ran.stderr).toMatch(
      /2 namespaces[\s\S]*\n {2}\.\/ledge .*ns put new-one\n {2}\.\/ledge .*ns put new-two\n[\s\S]*--create-namespaces/,
    );
    expect((await ledge(["import", source, "--create-namespaces"])).status).toBe(0);
    expect(Object.keys(await typesIn("new-two"))).toEqual(["a"]);
    const odd = files({ "No_Namespace/a": "1", loose: "1" });
    expect(await ledge(["import", odd])).toMatchObject({
      status: 2,
      stderr: expect.stringMatching(/No_Namespace.*is no name[\s\S]*loose: it lies in no namespace/),
    });
  });

  test("names the documents that a token may not write", async () => {
    const ns = await namespace("partly");
    const grants = ["-g", `read:${ns}`, "-g", `write:${ns}/front/`];
    const token = (await ledge(["token", "create", "partly", ...grants])).stdout.trim();
    const source = files({ "front/a": "1", "back/b": "1" });
    const ran = await ledge(["import", source, "-n", ns], { env: { LEDGE_TOKEN: token } });
    expect(ran).toMatchObject({ status: 4, stdout: "", stderr: expect.stringContaining("partly/back/b") });
    expect(ran.stderr).not.toContain("/changes/");
  });

  test("carries control characters whose escapes are longer than a commit may be", async () => {
    const ns = await namespace("escapes");
    const value = "\u0001".repeat(1_048_576);
    expect((await ledge(["import", files({ "a.txt": value }), "-n", ns])).status).toBe(0);
    expect((await ledge(["get", `${ns}/a.txt`])).stdout).toBe(value);
  });

  test("refuses what is not there, and options that do not fit the source", async () => {
    expect((await ledge(["import", join(folder, "nowhere")])).status).toBe(2);
    expect((await ledge(["import", files({}), "-n", "demo", "--format", "etcd"])).status).toBe(2);
    expect((await ledge(["import", "-", "-n", "demo", "--strip-extensions"], { stdin: "{}" })).status).toBe(
      2,
    );
    expect((await ledge(["import", files({}), "-n", "No_Name"])).status).toBe(2);
  });
});

describe.skipIf(spawnSync("script", ["--version"]).status !== 0)("ledge import on a terminal", () => {
  /** Runs it on a terminal of its own, and types `answer` when it is asked. */
  function onTerminal(args: string[], answer: string, env: Readonly<Record<string, string>> = {}) {
    const command = [process.execPath, join(root, "dist/programs/cli.mjs"), "--data", data, ...args];
    const line = `stty cols 100 rows 40; exec ${command.map((word) => `'${word}'`).join(" ")}`;
    const child = spawn("script", ["-qec", line, "/dev/null"], { env: cleanEnvironment(env) });
    let shown = "";
    let isAnswered = false;
    child.stdout.on("data", (chunk: Buffer) => {
      shown += chunk.toString();
      if (isAnswered || !shown.includes("Yes")) return;
      isAnswered = true;
      child.stdin.write(answer);
    });
    return new Promise<{ status: number | null; shown: string }>((done) =>
      child.once("close", (status) => done({ status, shown })),
    );
  }

  test("asks before it deletes, and takes no for an answer", async () => {
    const ns = await namespace("asked", { a: "1", b: "1" });
    const args = ["import", files({ a: "1" }), "-n", ns, "--prune"];
    const no = await onTerminal(args, "n");
    // The same code as of every question that is answered with no (grants.test.ts).
    expect(no).toMatchObject({ status: 1, shown: expect.stringContaining("nothing was changed") });
    expect(no.shown).toContain("- asked/b");
    expect(Object.keys(await typesIn(ns))).toEqual(["a", "b"]);
    const yes = await onTerminal(args, "y");
    expect(yes).toMatchObject({ status: 0, shown: expect.stringContaining("1 deleted") });
    expect(Object.keys(await typesIn(ns))).toEqual(["a"]);
  });

  test("shows the plan in colours, unless NO_COLOR is set", async () => {
    const ns = await namespace("coloured");
    const args = ["import", files({ a: "1" }), "-n", ns, "--plan"];
    expect((await onTerminal(args, "")).shown).toContain("\u001b[32m+ coloured/a\u001b[39m");
    const plain = await onTerminal(args, "", { NO_COLOR: "1" });
    expect(plain).toMatchObject({ status: 8, shown: expect.stringMatching(/^\+ coloured\/a /) });
    expect(plain.shown).not.toContain("\u001b[3");
  });
});

describe("ledge import of more than a commit holds", () => {
  const many = (value: number) =>
    JSON.stringify(Object.fromEntries([...Array(2500).keys()].map((n) => [`k${n}`, value])));

  test("says the revisions of its parts", async () => {
    const ns = await namespace("many");
    const ran = await ledge(["import", "-", "-n", ns, "-o", "json"], { stdin: many(1) });
    expect(JSON.parse(ran.stdout)).toMatchObject({ created: 2500, commits: 3 });
    const again = await ledge(["import", "-", "-n", ns], { stdin: many(2) });
    expect(again.stderr).toMatch(/revisions (\d+) to \d+\n/);
    expect(again.stdout).toContain("… and 2,480 more");
  });

  test("goes on where it was interrupted, when it is run again", async () => {
    const ns = await namespace("interrupted");
    const between = await openBetween(url(), async ({ path, nth }) =>
      path === "/v1/commit" && nth >= 2 ? "cut" : undefined,
    );
    const ran = await ledge(["import", "-", "-n", ns], { stdin: many(1), env: envAt(between.url) });
    await between.close();
    expect(ran.status).toBe(7);
    expect(ran.stderr).toMatch(/1 of 3 commits is done: 1,000 changes, revision \d+\n.*goes on/);
    const rest = await ledge(["import", "-", "-n", ns, "-o", "json"], { stdin: many(1) });
    expect(JSON.parse(rest.stdout)).toMatchObject({ created: 1500, unchanged: 1000 });
  });

  test("stops at what somebody changed since the plan, and says what, and what is done", async () => {
    const ns = await namespace("moved", { k2400: "0" });
    const between = await openBetween(url(), async ({ path, nth }) => {
      if (path === "/v1/commit" && nth === 3)
        expect((await ledge(["put", `${ns}/k999`, "theirs", "--if", "absent"])).status).toBe(0);
      return undefined;
    });
    const ran = await ledge(["import", "-", "-n", ns], { stdin: many(1), env: envAt(between.url) });
    await between.close();
    expect(ran.status).toBe(5);
    expect(ran.stderr).toMatch(/since the plan: moved\/k999 \(exists\)\n.*2 of 3 commits are done/);
    expect((await ledge(["get", `${ns}/k999`])).stdout).toBe("theirs");
  });

  test("changes nothing when one commit holds everything and one document has moved", async () => {
    const ns = await namespace("guarded", { a: "1", b: "1" });
    const between = await openBetween(url(), async ({ path }) => {
      if (path === "/v1/commit") await ledge(["put", `${ns}/b`, "3", "--if", "any"]);
      return undefined;
    });
    const args = ["import", files({ a: "2", b: "2" }), "-n", ns];
    const ran = await ledge(args, { env: envAt(between.url) });
    await between.close();
    expect(ran).toMatchObject({ status: 5, stdout: "", stderr: expect.stringContaining("guarded/b") });
    expect((await ledge(["get", `${ns}/a`])).stdout).toBe("1");
  });

  function envAt(url: string): Record<string, string> {
    return { LEDGE_URL: url, LEDGE_TOKEN: readFileSync(join(data, "admin-token"), "utf8").trim() };
  }
});
