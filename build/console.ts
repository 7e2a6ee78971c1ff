/**
 * The console's files: packages/console bundled for browsers, each file named by a hash of what it holds, and a page
 * that names them. Promise: the same sources give the same bytes.
 */
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { gzipAsync } from "@gfx/zopfli";
import { build, type Plugin } from "esbuild";
import { minifySync } from "oxc-minify";
import { type OutputChunk, type OutputOptions, type Plugin as RolldownPlugin, rolldown } from "rolldown";

export interface ConsoleFile {
  readonly name: string;
  readonly type: string;
  readonly content: Uint8Array;
}

const HTML = "text/html; charset=utf-8";
const SCRIPT = "text/javascript; charset=utf-8";
const STYLE = "text/css; charset=utf-8";

/** Of libraries, what is not needed and would weigh much: small modules of the same names take its place. */
const STAND_INS: Readonly<Record<string, string>> = {
  "@codemirror/language": "language.ts",
  "@lezer/common": "lezer.ts",
  "@vscode/l10n": "l10n.ts",
  "vscode-languageserver-types": "language-types.ts",
  "vscode-uri": "uri.ts",
};

function standIns(folder: string): RolldownPlugin {
  return {
    name: "stand-ins",
    resolveId(id) {
      const file = STAND_INS[id];
      return file === undefined
        ? null
        : { id: join(folder, "editor", "stand-ins", file), moduleSideEffects: false };
    },
    // The styles are a file of their own.
    load: (id) => (id.endsWith(".css") ? { code: "", moduleType: "js" } : null),
  };
}

/** All files of the console, the page last. `root` is the project. */
export async function buildConsole(root: string): Promise<ConsoleFile[]> {
  const folder = join(root, "packages", "console");
  const worker = await bundle(folder, "editor/schema-worker.ts", {});
  const main = await bundle(folder, "main.tsx", {
    SCHEMA_WORKER: JSON.stringify(`/console/assets/${entryOf(worker).fileName}`),
  });
  const style = await styleOf(folder);
  const page = pageOf(readFileSync(join(folder, "index.html"), "utf8"), { style: style.name, main });
  const icon = readFileSync(join(folder, "icon.svg"));
  return [
    ...[...main, ...worker].map(({ fileName, code }) => ({
      name: fileName,
      type: SCRIPT,
      content: smaller(code),
    })),
    style,
    { name: "icon.svg", type: "image/svg+xml", content: icon },
    { name: "index.html", type: HTML, content: Buffer.from(page) },
  ];
}

/** The file of what is loaded first, one of what several views share, and one for each view: few pack better than many. */
const FILES: NonNullable<OutputOptions["codeSplitting"]> = {
  groups: [
    { name: "first", tags: ["$initial"] },
    { name: "shared", minShareCount: 2 },
  ],
};

async function bundle(
  folder: string,
  entry: string,
  define: Record<string, string>,
): Promise<readonly OutputChunk[]> {
  const bundled = await rolldown({
    input: join(folder, entry),
    cwd: folder,
    platform: "browser",
    plugins: [standIns(folder)],
    treeshake: NO_READ_COUNTS,
    transform: {
      target: "es2022",
      jsx: { runtime: "automatic", importSource: "preact" },
      // The editor has another way to write on Android, which is beta there, and goes on without it.
      define: { ...define, "window.EditContext": "undefined" },
    },
  });
  const { output } = await bundled.generate({
    format: "esm",
    codeSplitting: FILES,
    comments: { legal: false },
    entryFileNames: "[name]-[hash].js",
    chunkFileNames: "[name]-[hash].js",
  });
  return output.filter((one) => one.type === "chunk");
}

/** All styles in one file. */
async function styleOf(folder: string): Promise<ConsoleFile> {
  const entry = join(folder, "styles", "main.css");
  const { outputFiles } = await build({ entryPoints: [entry], bundle: true, minify: true, write: false });
  const content = outputFiles[0]?.contents ?? new Uint8Array();
  const hash = createHash("sha256").update(content).digest("base64url").slice(0, 8);
  return { name: `main-${hash}.css`, type: STYLE, content };
}

/** Nothing in it reads a property for what that does. */
const NO_READ_COUNTS = { propertyReadSideEffects: false } as const;
const COMPRESS = { target: "es2022", treeshake: NO_READ_COUNTS } as const;

function smaller(text: string): Uint8Array {
  const { code, errors } = minifySync("console.js", text, { module: true, compress: COMPRESS });
  const [error] = errors;
  if (error !== undefined) throw new Error(`the console's files cannot be minified: ${error.message}`);
  return Buffer.from(code);
}

function entryOf(chunks: readonly OutputChunk[]): OutputChunk {
  const entry = chunks.find(({ isEntry }) => isEntry);
  if (entry === undefined) throw new Error("the console has no entry");
  return entry;
}

/** The page with the names of what it loads first, so that a browser asks for all of it at once. */
function pageOf(html: string, { style, main }: { style: string; main: readonly OutputChunk[] }): string {
  const { fileName, imports } = entryOf(main);
  const at = (name: string) => `/console/assets/${name}`;
  const links = [
    `<link rel="stylesheet" href="${at(style)}">`,
    ...imports.map((name) => `<link rel="modulepreload" href="${at(name)}">`),
    `<script type="module" src="${at(fileName)}"></script>`,
  ];
  return html.replace("<!-- assets -->", links.join("\n    "));
}

/** As browsers get it. Gzip by a packer that looks for long: 5.5 KB less of 169 than zlib's best, in three seconds. */
export async function packed(content: Uint8Array): Promise<Uint8Array> {
  return gzipAsync(content, { numiterations: 15 });
}

/** As a component or a program imports them: gzip in base64. */
export function consoleModule(root: string): Plugin {
  return {
    name: "ledge-console",
    setup(setup) {
      setup.onResolve({ filter: /^ledge:console$/ }, ({ path }) => ({ path, namespace: "ledge-console" }));
      setup.onLoad({ filter: /.*/, namespace: "ledge-console" }, async () => {
        const assets = await Promise.all(
          (await buildConsole(root)).map(async ({ name, type, content }) => ({
            name,
            type,
            gzip: Buffer.from(await packed(content)).toString("base64"),
          })),
        );
        return { contents: `export default ${JSON.stringify(assets)};`, loader: "js" };
      });
    },
  };
}
