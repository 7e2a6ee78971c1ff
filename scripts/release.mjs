/**
 * `npm run release -- VERSION`: what a release changes and what it hands out. Writes the version into every file that has it,
 * turns the changelog, packs, and puts tarball, bill of materials, notes and SHA-256 sums into dist/release; then commits
 * and tags, and pushes nothing. --dry-run does the same but for commit and tag, and leaves the tree as it was.
 */
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { root } from "./ensure.mjs";
import { billOfMaterials } from "./release/bill.mjs";
import { notesOf, turnChangelog } from "./release/changelog.mjs";
import { currentVersion, versionedFiles, withVersion } from "./release/versions.mjs";

const USE = `usage: npm run release -- VERSION [--dry-run] [--out DIR] [--as-built]
  --dry-run    make everything, commit and tag nothing, and leave the tree as it was
  --out DIR    where the files go (default: dist/release)
  --as-built   with --dry-run: pack what is built, though it says another version`;

try {
  release(optionsOf(process.argv.slice(2)));
} catch (error) {
  console.error(`✗ ${error.message}`);
  process.exitCode = error.use === true ? 2 : 1;
}

function release({ version, dry, out, asBuilt }) {
  if (!dry) requireReady(version);
  const date = new Date().toISOString().slice(0, 10);
  const from = currentVersion();
  const before = new Map(
    ["CHANGELOG.md", ...versionedFiles()].map((file) => [file, readFileSync(join(root, file), "utf8")]),
  );
  try {
    for (const [file, text] of before) {
      const changed =
        file === "CHANGELOG.md"
          ? turnChangelog(text, { version, date })
          : withVersion(text, { from, to: version, file });
      writeFileSync(join(root, file), changed);
    }
    console.log(`✓ ${before.size} files say ${version}`);
    handOut({ version, out, asBuilt });
    if (dry) return console.log("✓ dry run: nothing is committed, and the tree is as it was");
    run("git", ["commit", "--quiet", "-m", `release: ${version}`, "--", ...before.keys()]);
    run("git", ["tag", "--annotate", `v${version}`, "--file", join(out, "NOTES.md")]);
    console.log(`✓ committed and tagged v${version}; look at it, then: git push --follow-tags`);
  } catch (error) {
    putBack(before);
    throw error;
  } finally {
    if (dry) putBack(before);
  }
}

function putBack(before) {
  for (const [file, text] of before) writeFileSync(join(root, file), text);
}

/** The files of the release, and their sums. */
function handOut({ version, out, asBuilt }) {
  rmSync(out, { recursive: true, force: true });
  mkdirSync(out, { recursive: true });
  const scripts = asBuilt ? ["--ignore-scripts"] : [];
  run("npm", ["pack", "--pack-destination", out, "--loglevel=error", ...scripts]);
  if (!existsSync(join(root, "dist", "programs", "cli.mjs")))
    throw new Error("nothing is built: npm run build");
  const tarball = join(out, `ledge-${version}.tgz`);
  writeFileSync(join(out, `ledge-${version}.cdx.json`), billOfMaterials(tarball));
  const notes = notesOf(readFileSync(join(root, "CHANGELOG.md"), "utf8"), version);
  writeFileSync(join(out, "NOTES.md"), `Ledge ${version}\n\n${notes}`);
  const sums = readdirSync(out)
    .sort()
    .map(
      (name) =>
        `${createHash("sha256")
          .update(readFileSync(join(out, name)))
          .digest("hex")}  ${name}\n`,
    );
  writeFileSync(join(out, "SHA256SUMS"), sums.join(""));
  console.log(`✓ ${out}: ${[...readdirSync(out)].sort().join(", ")}`);
}

/** A release is made of what is committed, under a tag that is not taken. */
function requireReady(version) {
  const dirty = output("git", ["status", "--porcelain"]);
  if (dirty !== "") throw new Error(`there are changes that are not committed:\n${dirty}`);
  if (output("git", ["tag", "--list", `v${version}`]) !== "")
    throw new Error(`there is a tag v${version} already`);
}

function optionsOf(args) {
  const options = {
    "dry-run": { type: "boolean" },
    "as-built": { type: "boolean" },
    out: { type: "string" },
  };
  let parsed;
  try {
    parsed = parseArgs({ args, options, allowPositionals: true });
  } catch (error) {
    throw wrongUse(error.message);
  }
  const [version = "", ...more] = parsed.positionals;
  if (more.length > 0 || !/^\d+\.\d+\.\d+(-[0-9A-Za-z.-]+)?$/.test(version))
    throw wrongUse("say one version, such as 0.2.0");
  const { "dry-run": dry = false, "as-built": asBuilt = false, out = "dist/release" } = parsed.values;
  if (asBuilt && !dry) throw wrongUse("--as-built is for a dry run: a release is built anew");
  return { version, dry, asBuilt, out: resolve(root, out) };
}

function wrongUse(words) {
  return Object.assign(new Error(`${words}\n${USE}`), { use: true });
}

function output(command, args) {
  return spawnSync(command, args, { cwd: root, encoding: "utf8" }).stdout.trim();
}

function run(command, args) {
  const { status, error } = spawnSync(command, args, { cwd: root, stdio: ["ignore", 2, 2] });
  if (status !== 0) throw new Error(`${command} ${args[0]}: ${error?.message ?? `ended with ${status}`}`);
}
