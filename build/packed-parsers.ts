/**
 * The parsers of YAML and TOML in a small component: packed texts, which become functions when a document of their kind
 * has to be judged. Loaded like the rest they would be a sixth of the image, and most documents are JSON.
 */
import { join, relative } from "node:path";
import { build, type Plugin } from "esbuild";
import { packText } from "../lib/core/packed-text.ts";

const FOLDER = join("lib", "json-schema");
const PARSERS: Readonly<Record<string, string>> = { "yaml.ts": "yamlValue", "toml.ts": "tomlValue" };

/** `root` is the project. */
export function packedParsers(root: string): Plugin {
  return {
    name: "packed-parsers",
    setup(setup) {
      setup.onResolve({ filter: /^\.\/(yaml|toml)\.ts$/ }, ({ path, resolveDir }) =>
        relative(root, resolveDir) === FOLDER ? { path, namespace: "packed-parser" } : undefined,
      );
      setup.onLoad({ filter: /.*/, namespace: "packed-parser" }, async ({ path }) => {
        const name = path.slice("./".length);
        const contents = unpacking(root, PARSERS[name] ?? "", await bundled(join(root, FOLDER, name)));
        return { contents, loader: "js", resolveDir: join(root, "lib", "core") };
      });
    },
  };
}

/** What is spent inside is spent of the one count outside. */
function unpacking(root: string, parser: string, source: string): string {
  return `import { unpackText } from "./packed-text.ts";
import { decodeUtf8 } from "./utf8.ts";
import { spend } from ${JSON.stringify(join(root, FOLDER, "count.ts"))};
const packed = ${JSON.stringify(packText(`${source};return made`))};
let made;
export const ${parser} = (text) => (made ??= new Function("spend", decodeUtf8(unpackText(packed)))(spend)).${parser}(text);`;
}

async function bundled(file: string): Promise<string> {
  const { outputFiles } = await build({
    entryPoints: [file],
    bundle: true,
    write: false,
    format: "iife",
    globalName: "made",
    platform: "browser",
    target: "es2022",
    minify: true,
    legalComments: "none",
    logLevel: "silent",
    plugins: [countOutside],
  });
  return outputFiles[0]?.text ?? "";
}

const countOutside: Plugin = {
  name: "count-outside",
  setup(setup) {
    setup.onResolve({ filter: /^\.\/count\.ts$/ }, ({ path }) => ({ path, namespace: "count-outside" }));
    setup.onLoad({ filter: /.*/, namespace: "count-outside" }, () => ({
      // The parameter of the function that all of this becomes.
      contents: "const outside = spend; export { outside as spend };",
      loader: "js",
    }));
  },
};
