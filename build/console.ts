/**
 * The console's files: packages/console bundled for browsers, each file named by a hash of what it holds, and a page
 * that names them. Promise: the same sources give the same bytes.
 */
import { readFileSync } from "node:fs";
import { basename, extname, join } from "node:path";
import { gzipSync } from "node:zlib";
import { build, type Metafile, type Plugin } from "esbuild";
import { minifySync } from "oxc-minify";

export interface ConsoleFile {
  readonly name: string;
  readonly type: string;
  readonly content: Uint8Array;
}

const TYPES: Readonly<Record<string, string>> = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".svg": "image/svg+xml",
};

/** Of libraries, what is not needed and would weigh much: small modules of the same names take its place. */
const STAND_INS: Readonly<Record<string, string>> = {
  "@codemirror/language": "language.ts",
  "@lezer/common": "lezer.ts",
  "@vscode/l10n": "l10n.ts",
  "vscode-languageserver-types": "language-types.ts",
  "vscode-uri": "uri.ts",
};

function standIns(root: string): Plugin {
  const folder = join(root, "packages", "console", "editor", "stand-ins");
  return {
    name: "stand-ins",
    setup({ onResolve }) {
      onResolve({ filter: /^(@|vscode-)/ }, ({ path }) => {
        const file = STAND_INS[path];
        return file === undefined ? undefined : { path: join(folder, file), sideEffects: false };
      });
    },
  };
}

const ENTRIES = ["main.tsx", "editor/schema-worker.ts"];

/** All files of the console, the page last. `root` is the project. */
export async function buildConsole(root: string): Promise<ConsoleFile[]> {
  const folder = join(root, "packages", "console");
  const worker = await bundle(root, [join(folder, ENTRIES[1] ?? "")], {});
  const schemaWorker = worker.files.find(({ name }) => name.endsWith(".js"))?.name ?? "";
  const main = await bundle(root, [join(folder, ENTRIES[0] ?? "")], {
    SCHEMA_WORKER: JSON.stringify(`/console/assets/${schemaWorker}`),
  });
  const page = pageOf(readFileSync(join(folder, "index.html"), "utf8"), main.metafile);
  const icon = readFileSync(join(folder, "icon.svg"));
  return [
    ...main.files,
    ...worker.files,
    { name: "icon.svg", type: TYPES[".svg"] ?? "", content: icon },
    { name: "index.html", type: TYPES[".html"] ?? "", content: Buffer.from(page) },
  ];
}

async function bundle(root: string, entryPoints: string[], define: Record<string, string>) {
  const { outputFiles, metafile } = await build({
    absWorkingDir: root,
    entryPoints,
    bundle: true,
    write: false,
    metafile: true,
    format: "esm",
    platform: "browser",
    target: "es2022",
    jsx: "automatic",
    jsxImportSource: "preact",
    minify: true,
    splitting: true,
    legalComments: "none",
    logLevel: "silent",
    outdir: join(root, "dist", "console"),
    entryNames: "[name]-[hash]",
    chunkNames: "[name]-[hash]",
    // The editor has another way to write on Android, which is beta there, and goes on without it.
    define: { ...define, "window.EditContext": "undefined" },
    plugins: [standIns(root)],
  });
  const files = outputFiles.map(({ path, contents, text }) => ({
    name: basename(path),
    type: TYPES[extname(path)] ?? "application/octet-stream",
    content: path.endsWith(".js") ? smaller(text) : contents,
  }));
  return { files, metafile };
}

/** Nothing in it reads a property for what that does. */
const COMPRESS = { target: "es2022", treeshake: { propertyReadSideEffects: false } } as const;

/** Once more, by what looks at a whole file: 5 KB less of 175, gzipped. */
function smaller(text: string): Uint8Array {
  const { code, errors } = minifySync("console.js", text, { module: true, compress: COMPRESS });
  const [error] = errors;
  if (error !== undefined) throw new Error(`the console's files cannot be minified: ${error.message}`);
  return Buffer.from(code);
}

/** The page with the names of what it loads first, so that a browser asks for all of it at once. */
function pageOf(html: string, { outputs }: Metafile): string {
  const [main, made] =
    Object.entries(outputs).find(([, { entryPoint }]) => entryPoint?.endsWith("main.tsx")) ?? [];
  if (main === undefined || made === undefined) throw new Error("the console has no entry");
  const first = made.imports.filter(({ kind }) => kind === "import-statement").map(({ path }) => path);
  const at = (path: string) => `/console/assets/${basename(path)}`;
  const links = [
    ...(made.cssBundle === undefined ? [] : [`<link rel="stylesheet" href="${at(made.cssBundle)}">`]),
    ...first.map((path) => `<link rel="modulepreload" href="${at(path)}">`),
    `<script type="module" src="${at(main)}"></script>`,
  ];
  return html.replace("<!-- assets -->", links.join("\n    "));
}

/** As a component or a program imports them: gzip in base64. */
export function consoleModule(root: string): Plugin {
  return {
    name: "ledge-console",
    setup(setup) {
      setup.onResolve({ filter: /^ledge:console$/ }, ({ path }) => ({ path, namespace: "ledge-console" }));
      setup.onLoad({ filter: /.*/, namespace: "ledge-console" }, async () => {
        const files = await buildConsole(root);
        const packed = files.map(({ name, type, content }) => ({
          name,
          type,
          gzip: gzipSync(content, { level: 9 }).toString("base64"),
        }));
        return { contents: `export default ${JSON.stringify(packed)};`, loader: "js" };
      });
    },
  };
}
