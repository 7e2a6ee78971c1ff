/**
 * The bill of materials of a tarball, in CycloneDX's form: what npm installs with it, as `npm sbom` says, and what is bundled
 * into its programs and components, which npm cannot see.
 */
import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { root } from "../ensure.mjs";

/** In every component, and in no map of a program: the engines, and the interfaces that Spin has. */
const IN_COMPONENTS = ["@bytecodealliance/componentize-js", "componentize-qjs", "@fermyon/spin-sdk"];

/** Gives the text of the bill. Throws where npm cannot install the tarball, or says that something is wrong. */
export function billOfMaterials(tarball) {
  const folder = mkdtempSync(join(tmpdir(), "ledge-bill-"));
  try {
    writeFileSync(join(folder, "package.json"), JSON.stringify({ name: "bill", version: "0.0.0" }));
    const quietly = ["--ignore-scripts", "--no-audit", "--no-fund", "--prefer-offline", "--loglevel=error"];
    npm(folder, ["install", tarball, ...quietly]);
    const bill = JSON.parse(npm(folder, ["sbom", "--sbom-format", "cyclonedx"]));
    const own = bill.components.find(({ name }) => name === "ledge");
    const { "bom-ref": ref } = bill.metadata.component;
    return `${JSON.stringify(
      {
        ...bill,
        metadata: { ...bill.metadata, component: { ...own, externalReferences: [] } },
        components: [...bill.components.filter((one) => one !== own), ...bundledComponents()],
        dependencies: bill.dependencies.filter((one) => one.ref !== ref),
      },
      null,
      2,
    )}\n`;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Folders of the packages whose files stand in the maps of the programs. */
function bundled() {
  const programs = join(root, "dist", "programs");
  const found = new Set(IN_COMPONENTS.map((name) => join("node_modules", name)));
  for (const name of readdirSync(programs).filter((one) => one.endsWith(".map")))
    for (const source of JSON.parse(readFileSync(join(programs, name), "utf8")).sources) {
      const folder = /(node_modules\/(?:.*\/node_modules\/)?(?:@[^/]+\/)?[^/]+)\//.exec(source)?.[1];
      if (folder !== undefined) found.add(folder);
    }
  return [...found].sort();
}

/** A package that lies in two places in the same version is one. */
function bundledComponents() {
  const made = bundled().map(componentOf);
  return [...new Map(made.map((one) => [one.purl, one])).values()];
}

function componentOf(folder) {
  const file = join(root, folder, "package.json");
  if (!existsSync(file)) throw new Error(`${folder} is bundled and not installed`);
  const { name, version, license } = JSON.parse(readFileSync(file, "utf8"));
  const purl = `pkg:npm/${name.replace("@", "%40")}@${version}`;
  return {
    "bom-ref": `bundled:${name}@${version}`,
    type: "library",
    name,
    version,
    scope: "required",
    purl,
    properties: [{ name: "ledge:bundled", value: "true" }],
    ...(typeof license === "string" ? { licenses: [{ expression: license }] } : {}),
  };
}

function npm(cwd, args) {
  const { status, stdout, stderr } = spawnSync("npm", args, { cwd, encoding: "utf8", maxBuffer: 64e6 });
  if (status !== 0) throw new Error(`npm ${args[0]} ended with ${status}: ${stderr}`);
  return stdout;
}
