/** `npm run release`, tried in a scratch clone: what it makes, and that a dry run leaves everything as it was. */
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { cpSync, mkdirSync, readdirSync, readFileSync, symlinkSync } from "node:fs";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { VERSION } from "../../lib/core/version.ts";
import { forNpm, UNREACHED } from "../../testkit/installed.ts";
import { root, temporaryFolder } from "../../testkit/processes.ts";

const folder = temporaryFolder("release");
const clone = join(folder.path, "clone");
const NEXT = "99.1.0";

beforeAll(() => {
  const listed = git(root, "ls-files", "-z", "--cached", "--others", "--exclude-standard");
  for (const file of listed.split("\0").filter((name) => name !== "" && !name.startsWith("test/"))) {
    mkdirSync(dirname(join(clone, file)), { recursive: true });
    cpSync(join(root, file), join(clone, file));
  }
  symlinkSync(join(root, "node_modules"), join(clone, "node_modules"));
  cpSync(join(root, "dist"), join(clone, "dist"), { recursive: true });
  git(clone, "init", "--quiet");
  git(clone, "add", "--all");
  git(clone, "-c", "user.name=t", "-c", "user.email=t@example.com", "commit", "--quiet", "-m", "as it is");
});
afterAll(() => folder.remove());

function git(cwd: string, ...args: string[]): string {
  const { status, stdout, stderr } = spawnSync("git", args, { cwd, encoding: "utf8", maxBuffer: 64e6 });
  expect([args, status, stderr]).toEqual([args, 0, ""]);
  return stdout;
}

function release(...args: string[]) {
  return spawnSync(process.execPath, [join(clone, "scripts", "release.mjs"), ...args], {
    cwd: clone,
    encoding: "utf8",
    env: forNpm(),
  });
}

describe("a release", () => {
  test("as a dry run makes tarball, bill, notes and sums, and leaves the tree", ({ skip }) => {
    const out = join(folder.path, "out");
    const { status, stderr } = release(NEXT, "--dry-run", "--as-built", "--out", out);
    if (status !== 0 && UNREACHED.test(stderr)) skip("the registry of npm cannot be reached");
    expect([status, stderr]).toEqual([0, expect.not.stringMatching(/✗/)]);
    expect([git(clone, "status", "--porcelain"), git(clone, "tag")]).toEqual(["", ""]);

    const files = [`ledge-${NEXT}.cdx.json`, `ledge-${NEXT}.tgz`, "NOTES.md", "SHA256SUMS"];
    expect(readdirSync(out).sort()).toEqual(files.toSorted());
    for (const line of readFileSync(join(out, "SHA256SUMS"), "utf8").trim().split("\n")) {
      const [sum, name = ""] = line.split("  ");
      expect([
        name,
        createHash("sha256")
          .update(readFileSync(join(out, name)))
          .digest("hex"),
      ]).toEqual([name, sum]);
    }
    expect(readFileSync(join(out, "NOTES.md"), "utf8")).toMatch(new RegExp(`^Ledge ${NEXT}\n\n### `));
    const packed = (file: string) =>
      spawnSync("tar", ["-xOzf", join(out, `ledge-${NEXT}.tgz`), `package/${file}`], { encoding: "utf8" })
        .stdout;
    expect(JSON.parse(packed("package.json")).version).toBe(NEXT);
    expect(packed("CHANGELOG.md")).toMatch(
      new RegExp(`^## \\[Unreleased\\]\n\n## \\[${NEXT}\\] - \\d{4}-`, "m"),
    );
    expect(packed("spin.toml")).toContain(`version = "${NEXT}"`);
  });

  test("has a bill that names what npm installs and what is bundled, each once", ({ skip }) => {
    const out = join(folder.path, "out");
    const file = join(out, `ledge-${NEXT}.cdx.json`);
    if (!readdirSync(folder.path).includes("out")) skip("there is no bill: see the test before");
    const { metadata, components, bomFormat } = JSON.parse(readFileSync(file, "utf8"));
    expect([bomFormat, metadata.component.name, metadata.component.version]).toEqual([
      "CycloneDX",
      "ledge",
      NEXT,
    ]);
    const names: string[] = components.map(({ name }: { name: string }) => name);
    const { devDependencies } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
    for (const name of ["better-sqlite3", "bindings", "@aws-sdk/client-s3", "zod", "componentize-qjs"])
      expect(names).toContain(name);
    const bundled = components.filter(({ name }: { name: string }) => Object.hasOwn(devDependencies, name));
    expect(bundled.length).toBeGreaterThan(20);
    for (const { name, version } of bundled) expect([name, version]).toEqual([name, devDependencies[name]]);
    const refs = components.map((one: Record<string, string>) => one["bom-ref"]);
    expect(new Set(refs).size).toBe(refs.length);
  });

  test.each([
    { args: [], says: /say one version/ },
    { args: ["next"], says: /say one version/ },
    { args: ["1.0.0", "2.0.0"], says: /say one version/ },
    { args: ["1.0.0", "--push"], says: /--push/ },
    { args: ["1.0.0", "--as-built"], says: /--as-built is for a dry run/ },
  ])("refuses $args with how it is used", ({ args, says }) => {
    const { status, stderr } = release(...args);
    expect([status, stderr]).toEqual([2, expect.stringMatching(says)]);
    expect(stderr).toContain("usage: npm run release");
  });

  test("is refused over changes that are not committed, and under a tag that is taken", () => {
    git(clone, "tag", "v99.9.9");
    expect(release("99.9.9")).toMatchObject({
      status: 1,
      stderr: expect.stringContaining("a tag v99.9.9 already"),
    });
    git(clone, "tag", "--delete", "v99.9.9");
    cpSync(join(clone, "LICENSE"), join(clone, "NOTICE"));
    expect(release(NEXT)).toMatchObject({ status: 1, stderr: expect.stringContaining("?? NOTICE") });
  });
});

test("every file that says the version says the same", async () => {
  // Also what the script would change: a place that is not found stops it.
  const { versionedFiles, withVersion } = await import(join(root, "scripts/release/versions.mjs"));
  for (const file of versionedFiles()) {
    const text = readFileSync(join(root, file), "utf8");
    expect(withVersion(text, { from: VERSION, to: NEXT, file })).toContain(NEXT);
  }
});
