/**
 * What esbuild must be told: `*.sql.ts` and `*.built.ts` files run at build time and leave only constants, the
 * migrations folder is a module, the AWS SDK's XML parser is the one without a DOM, and the cipher is written out.
 * Promise: no query builder reaches a component. A constant that is not plain data fails the build.
 */
import { createHash, randomUUID } from "node:crypto";
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join, relative } from "node:path";
import { pathToFileURL } from "node:url";
import { build, type Plugin } from "esbuild";
import { packText } from "../lib/core/packed-text.ts";
import type { Migration } from "../lib/store/sqlite/migrate.ts";
import { loadMigrations } from "./migrations.ts";

/** Replaces each `*.sql.ts` and `*.built.ts` by what it exports. `root` is where node_modules is found. */
export function sqlConstants(root: string): Plugin {
  return {
    name: "sql-constants",
    setup(setup) {
      setup.onLoad({ filter: /\.(sql|built)\.ts$/ }, async ({ path }) => ({
        contents: constantsModule(relative(root, path), await evaluate(root, path)),
        loader: "js",
      }));
    },
  };
}

/** `import migrations from "ledge:migrations"`: those of the folder. A component unpacks their statements when one is due. */
export function migrationsModule(root: string, folder = join(root, "migrations")): Plugin {
  return {
    name: "ledge-migrations",
    setup(setup) {
      setup.onResolve({ filter: /^ledge:migrations$/ }, ({ path }) => ({ path, namespace: "ledge" }));
      setup.onLoad({ filter: /.*/, namespace: "ledge" }, () => ({
        contents: migrationsSource(loadMigrations(folder)),
        loader: "js",
        resolveDir: join(root, "lib", "core"),
      }));
    },
  };
}

/** The statements are together in one text: there they repeat each other. */
function migrationsSource(migrations: readonly Migration[]): string {
  const names = migrations.map(({ version, name }) => ({ version, name }));
  const packed = packText(JSON.stringify(migrations.map(({ statements }) => statements)));
  return `import { unpackText } from "./packed-text.ts";
import { decodeUtf8 } from "./utf8.ts";
const packed = ${JSON.stringify(packed)};
let unpacked;
const statements = () => (unpacked ??= JSON.parse(decodeUtf8(unpackText(packed))));
export default ${JSON.stringify(names)}.map((one, at) => ({ ...one, get statements() { return statements()[at]; } }));`;
}

/** The library of schemas is too large for what each request on Spin begins with: see lib/engines/quickjs/zod-mini.ts. */
export function smallSchemas(root: string): Plugin {
  return {
    name: "small-schemas",
    setup(setup) {
      setup.onResolve({ filter: /^zod\/mini$/ }, () => ({
        path: join(root, "lib", "engines", "quickjs", "zod-mini.ts"),
        sideEffects: false,
      }));
    },
  };
}

/** Components that change documents only go without the rules of settings: see lib/engines/quickjs/no-settings.ts. */
export function withoutSettings(root: string): Plugin {
  return {
    name: "without-settings",
    setup(setup) {
      setup.onResolve(
        { filter: /^\.\/(settings|reserved-access|setting-facts|member-facts|erased|note-purge)\.ts$/ },
        ({ importer }) =>
          /[\\/]commit[\\/](judge|access|facts|commit)\.ts$/.test(importer)
            ? { path: join(root, "lib", "engines", "quickjs", "no-settings.ts") }
            : undefined,
      );
    },
  };
}

/**
 * The SDK's package.json maps its XML parser to a browser one that needs DOMParser, which no guest has;
 * with it, every list and every error of a bucket becomes a ReferenceError.
 */
export function awsXmlParser(): Plugin {
  return {
    name: "aws-xml-parser",
    setup(setup) {
      setup.onResolve({ filter: /\/xml-parser(\.browser)?(\.js)?$/ }, async ({ path, resolveDir, kind }) => {
        if (!/@aws-sdk[\\/]xml-builder/.test(resolveDir)) return undefined;
        const plain = `${path.replace(/(\.browser)?(\.js)?$/, "")}.js`;
        return { path: join(resolveDir, plain), sideEffects: kind !== "import-statement" };
      });
    },
  };
}

/**
 * ChaCha20 rotates by a function, 320 calls for each 64 bytes, which the guest's interpreter pays one by one:
 * written out, the cipher takes 0.4 of the time there. Fails when the package is no longer written that way.
 */
export function inlineRotations(): Plugin {
  return {
    name: "inline-rotations",
    setup(setup) {
      setup.onLoad({ filter: /@noble[\\/]ciphers[\\/]chacha\.js$/ }, ({ path }) => ({
        contents: withRotationsInline(readFileSync(path, "utf8")),
        loader: "js",
      }));
    },
  };
}

/** Four in each of the eight quarter rounds of a double round. */
const ROTATIONS = 32;

export function withRotationsInline(source: string): string {
  let count = 0;
  const inline = source.replace(/= rotl\((x\d\d) \^ (x\d\d), (\d+)\);/g, (_all, a, b, bits) => {
    count += 1;
    return `= ((${a} ^= ${b}) << ${bits}) | (${a} >>> ${32 - Number(bits)});`;
  });
  if (count !== ROTATIONS) throw new Error(`@noble/ciphers rotates ${count} times, not ${ROTATIONS}`);
  return inline;
}

async function evaluate(root: string, path: string): Promise<Record<string, unknown>> {
  const name = createHash("sha256").update(path).digest("hex").slice(0, 16);
  const folder = join(root, ".cache", "build");
  // Components are built side by side, and two may evaluate the same file within one millisecond.
  const file = join(folder, `sql-${name}-${randomUUID()}.mjs`);
  const { outputFiles } = await build({
    entryPoints: [path],
    bundle: true,
    write: false,
    format: "esm",
    platform: "node",
    packages: "external",
    plugins: [migrationsModule(root)],
  });
  mkdirSync(folder, { recursive: true });
  writeFileSync(file, outputFiles[0]?.contents ?? "");
  try {
    const module: Record<string, unknown> = await import(pathToFileURL(file).href);
    return { ...module };
  } finally {
    rmSync(file);
  }
}

/** The source of a module that exports these values. Throws, by name, on anything but plain data. */
export function constantsModule(file: string, values: Record<string, unknown>): string {
  return Object.entries(values)
    .map(([name, value]) => {
      requirePlain(`${file}: ${name}`, value);
      const source = sharedSource(value);
      return name === "default" ? `export default ${source};` : `export const ${name} = ${source};`;
    })
    .join("\n");
}

/** The value as an expression in which parts that are equal are one object: nobody changes a constant. */
function sharedSource(value: unknown): string {
  const counts = new Map<string, number>();
  const count = (part: unknown): void => {
    if (typeof part !== "object" || part === null) return;
    const json = JSON.stringify(part);
    const times = counts.get(json) ?? 0;
    counts.set(json, times + 1);
    if (times === 0) for (const item of Object.values(part)) count(item);
  };
  count(value);
  const shared = new Map<string, string>();
  const definitions: string[] = [];
  const write = (part: unknown): string => {
    if (typeof part !== "object" || part === null) return JSON.stringify(part);
    const json = JSON.stringify(part);
    const known = shared.get(json);
    if (known !== undefined) return known;
    const source = Array.isArray(part)
      ? `[${part.map(write).join()}]`
      : `{${Object.entries(part).map(([key, item]) => `${JSON.stringify(key)}:${write(item)}`)}}`;
    if (counts.get(json) === 1) return source;
    const name = `shared${shared.size}`;
    shared.set(json, name);
    definitions.push(`const ${name} = ${source};`);
    return name;
  };
  const source = write(value);
  return definitions.length === 0 ? source : `(() => { ${definitions.join(" ")} return ${source}; })()`;
}

function requirePlain(where: string, value: unknown): void {
  if (value === null || ["string", "boolean"].includes(typeof value) || Number.isFinite(value)) return;
  if (Array.isArray(value)) {
    for (const [index, item] of value.entries()) requirePlain(`${where}[${index}]`, item);
    return;
  }
  if (typeof value !== "object" || Object.getPrototypeOf(value) !== Object.prototype) {
    throw new Error(
      `${where} is not plain data (a .sql.ts or .built.ts file may export strings, numbers, arrays, records)`,
    );
  }
  for (const [key, item] of Object.entries(value)) requirePlain(`${where}.${key}`, item);
}
