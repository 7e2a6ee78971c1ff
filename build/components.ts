/**
 * From TypeScript to a component: bundles an entry, and lets one of the two engines make the .wasm.
 * Promise: what is built is a function of the bundle, the WIT and the engine; when their hash is the one
 * beside the .wasm, nothing is done. Every failure names the component.
 */
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join, resolve } from "node:path";
import { build } from "esbuild";
import { parse } from "smol-toml";
import { z } from "zod";
import { consoleModule } from "./console.ts";
import { boundedValidation } from "./json-schema.ts";
import { packedParsers } from "./packed-parsers.ts";
import {
  awsXmlParser,
  inlineRotations,
  migrationsModule,
  smallSchemas,
  sqlConstants,
  withoutSettings,
} from "./plugins.ts";
import { emptyPostReturns, POST_RETURN_RULE } from "./post-return.ts";
import { changeSnapshot, NO_NAMES_RULE, withoutNames } from "./snapshot.ts";
import { clearUnread, UNREAD_MEMORY_RULE } from "./unread-memory.ts";

export interface ComponentPlan {
  readonly name: string;
  /** `quickjs-small`: the same engine in 0.5 MB less, which takes a fifth longer. */
  readonly engine: "quickjs" | "quickjs-small" | "starlingmonkey";
  readonly world: string;
  /** Absolute paths. */
  readonly entry: string;
  readonly output: string;
}

export interface BuiltComponent {
  readonly name: string;
  readonly sizeBytes: number;
  readonly fresh: boolean;
  readonly tookMs: number;
}

const ToolTable = z.strictObject({
  engine: z.enum(["quickjs", "quickjs-small", "starlingmonkey"]),
  world: z.string(),
  entry: z.string(),
});
const ManifestPart = z.object({
  component: z.record(
    z.string(),
    z.object({ source: z.string(), tool: z.object({ ledge: ToolTable }).optional() }),
  ),
});

/** The components of a manifest that have a `[component.NAME.tool.ledge]` table, in its order. */
export function planComponents(manifest: string): ComponentPlan[] {
  const folder = dirname(resolve(manifest));
  const { component } = ManifestPart.parse(parse(readFileSync(manifest, "utf8")));
  return Object.entries(component).flatMap(([name, { source, tool }]) => {
    if (tool === undefined) return [];
    const { engine, world, entry } = tool.ledge;
    return [{ name, engine, world, entry: join(folder, entry), output: join(folder, source) }];
  });
}

/** Builds one component if anything it is made of has changed. `root` is the project. */
export async function buildComponent(root: string, plan: ComponentPlan): Promise<BuiltComponent> {
  const started = performance.now();
  try {
    if (!existsSync(plan.entry)) throw new Error(`${plan.entry} does not exist`);
    const bundle = await bundleEntry(root, plan);
    const wit = join(root, "wit");
    const hash = inputHash(plan, bundle, wit);
    const hashFile = `${plan.output}.inputs`;
    const fresh =
      !existsSync(plan.output) || !existsSync(hashFile) || readFileSync(hashFile, "utf8") !== hash;
    if (fresh) {
      const bytes = await componentize(root, plan, bundle, wit);
      mkdirSync(dirname(plan.output), { recursive: true });
      replaceFile(plan.output, bytes);
      replaceFile(hashFile, hash);
    }
    const sizeBytes = readFileSync(plan.output).length;
    return { name: plan.name, sizeBytes, fresh, tookMs: performance.now() - started };
  } catch (cause) {
    const words = cause instanceof Error ? cause.message : String(cause);
    throw new Error(`component ${plan.name}: ${words}`, { cause });
  }
}

/** Components that commit, and never through the admin door. */
const CHANGE_DOCUMENTS = ["config-write"];

async function bundleEntry(root: string, plan: ComponentPlan): Promise<string> {
  const { outputFiles } = await build({
    entryPoints: [plan.entry],
    bundle: true,
    write: false,
    format: "esm",
    platform: "browser",
    target: "es2022",
    minify: true,
    legalComments: "none",
    logLevel: "silent",
    // "module" before "browser": what browsers need (a DOM) is exactly what a guest lacks.
    external: ["fermyon:*", "spin:*", "wasi:*"],
    plugins: [
      sqlConstants(root),
      migrationsModule(root),
      consoleModule(root),
      awsXmlParser(),
      inlineRotations(),
      boundedValidation(root),
      ...(plan.engine === "starlingmonkey" ? [] : [smallSchemas(root), packedParsers(root)]),
      ...(CHANGE_DOCUMENTS.includes(plan.name) ? [withoutSettings(root)] : []),
    ],
  });
  return outputFiles[0]?.text ?? "";
}

async function componentize(root: string, plan: ComponentPlan, bundle: string, wit: string) {
  const folder = join(root, ".cache", "build", `${plan.name}-${process.pid}`);
  mkdirSync(folder, { recursive: true });
  const source = join(folder, "main.js");
  writeFileSync(source, bundle);
  try {
    return plan.engine === "starlingmonkey"
      ? await withStarling(plan, source, wit)
      : await withQuickjs(plan, { folder, bundle, wit });
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/**
 * The engine holds the text of the entry until its snapshot is made, but that of a module only while it is parsed. Behind
 * it, zeros take its place: what is allocated there afterwards would carry its text into the snapshot. They are a little
 * fewer, since an ArrayBuffer has a head of its own, and one that does not fit goes elsewhere.
 */
function entryOf(bundle: string): string {
  return `export { inboundHttp } from "./main.js"; new ArrayBuffer(${Buffer.byteLength(bundle) - 64});`;
}

async function withQuickjs(
  { engine, world }: ComponentPlan,
  { folder, bundle, wit }: { folder: string; bundle: string; wit: string },
): Promise<Uint8Array> {
  const { componentize: quickjs } = await import("componentize-qjs");
  const jsPath = join(folder, "entry.js");
  const jsSource = entryOf(bundle);
  writeFileSync(jsPath, jsSource);
  const { component } = await quickjs({
    witPath: wit,
    jsSource,
    jsPath,
    moduleRoot: folder,
    world,
    // The asynchronous ABI is not what Spin's stable line runs.
    sync: true,
    optSize: engine === "quickjs-small",
  });
  return changeSnapshot(withoutNames(component), (memory) => clearUnread(memory, bundle));
}

async function withStarling({ world }: ComponentPlan, source: string, wit: string): Promise<Uint8Array> {
  const { componentize: starling } = await import("@bytecodealliance/componentize-js");
  const { component } = await starling({ sourcePath: source, witPath: wit, worldName: world });
  emptyPostReturns(component);
  return component;
}

function inputHash(plan: ComponentPlan, bundle: string, wit: string): string {
  const hash = createHash("sha256");
  const large = plan.engine === "starlingmonkey";
  const engine = large ? "@bytecodealliance/componentize-js" : "componentize-qjs";
  const rule = large ? POST_RETURN_RULE : `${UNREAD_MEMORY_RULE} ${NO_NAMES_RULE} ${entryOf(bundle)}`;
  hash.update(`${plan.engine} ${engine} ${packageVersion(engine)} ${rule} ${plan.world}\n${bundle}`);
  for (const file of readdirSync(wit, { recursive: true }).map(String).sort()) {
    if (file.endsWith(".wit")) hash.update(file).update(readFileSync(join(wit, file)));
  }
  return hash.digest("hex");
}

const PackageJson = z.object({ version: z.string() });

/** The installed version of a package, read beside its code: not every package exports its package.json. */
export function packageVersion(name: string): string {
  const require = createRequire(import.meta.url);
  for (const folder of require.resolve.paths(name) ?? []) {
    const file = join(folder, name, "package.json");
    if (existsSync(file)) return PackageJson.parse(JSON.parse(readFileSync(file, "utf8"))).version;
  }
  throw new Error(`${name} is not installed`);
}

/** Two builds may run at once (a test beside `npm start`); a reader sees the old file or the new one. */
function replaceFile(file: string, content: Uint8Array | string): void {
  const beside = `${file}.${process.pid}.new`;
  writeFileSync(beside, content);
  renameSync(beside, file);
}
