/**
 * Makes a folder of stores and buckets of a format, and what its code answers about them (docs/fixtures.md). Promise: a
 * folder that is there is never written over.
 */
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, relative, resolve } from "node:path";
import { parseArgs } from "node:util";
import { gzipSync } from "node:zlib";
import { ExpectedFixture } from "../expected.ts";
import { bucketPort } from "./product.ts";
import { recordStore, type Values } from "./record.ts";
import { type Left, makeScenes } from "./scenes.ts";

const USAGE = "node scripts/make-fixtures.mjs NAME [--checkout FOLDER] [--into FOLDER]";

/** Gives the exit status. `root` is this checkout, whose code makes the folder unless another is named. */
export async function main(root: string, args: readonly string[]): Promise<number> {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      checkout: { type: "string", default: root },
      into: { type: "string", default: join(root, "test", "fixtures") },
    },
  });
  const [name, ...more] = positionals;
  if (name === undefined || more.length > 0 || !/^[a-z0-9][a-z0-9.-]*$/.test(name)) {
    console.error(`${USAGE}\nNAME is the commit that wrote the format, or its version.`);
    return 2;
  }
  const to = join(resolve(values.into), name);
  if (existsSync(to)) {
    console.error(`${to} is there: what was kept is never made again.`);
    return 1;
  }
  const folder = mkdtempSync(join(tmpdir(), "ledge-fixtures-"));
  try {
    const made = join(folder, "made");
    await make(resolve(values.checkout), { name, to: made, folder });
    // Only what is whole is kept.
    cpSync(made, to, { recursive: true });
    console.log(`${to} is made.`);
    return 0;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function make(root: string, { name, to, folder }: { name: string; to: string; folder: string }) {
  const scenes = await makeScenes(root, join(folder, "data"));
  const values: Values = new Map();
  const stores: ExpectedFixture["stores"] = [];
  for (const left of scenes.left) {
    const place = keep(left, { to, data: join(folder, "data") });
    stores.push(await recordStore(left, place, { scenes, scratch: join(folder, "scratch"), values }));
    console.log(`  ${left.name}: revision ${stores.at(-1)?.head}`);
  }
  const expected: ExpectedFixture = {
    made: { name, at: new Date().toISOString() },
    tokens: scenes.tokens,
    values: Object.fromEntries([...values].sort()),
    stores,
  };
  const text = `${JSON.stringify(ExpectedFixture.parse(expected), null, 1)}\n`;
  writeFileSync(join(to, "expected.json.gz"), gzipSync(text, { level: 9 }));
}

/** Copies the store, gzip'd, and its bucket; stores of one data folder share the bucket. */
function keep(left: Left, { to, data }: { to: string; data: string }) {
  const file = `${relative(data, left.file)}.gz`;
  const bucket = relative(data, left.bucket);
  mkdirSync(dirname(join(to, file)), { recursive: true });
  writeFileSync(join(to, file), gzipSync(readFileSync(left.file), { level: 9 }));
  if (!existsSync(join(to, bucket))) cpSync(left.bucket, join(to, bucket), { recursive: true });
  return { file, bucket, port: bucketPort(left.product.data) };
}
