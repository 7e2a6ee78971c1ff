/** Trees without a server: what is written as files is read as the same documents, whatever the keys. */
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, describe, expect, test } from "vitest";
import { scanJson } from "../../../programs/cli/import/json-text.ts";
import { readSource } from "../../../programs/cli/import/read.ts";
import { TreeWriter } from "../../../programs/cli/tree/writer.ts";

const folder = mkdtempSync(join(tmpdir(), "ledge-tree-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const SOURCE = {
  namespace: undefined,
  prefix: "",
  stripPrefix: "",
  exclude: [],
  format: undefined,
  split: false,
  stripExtensions: false,
};

const PARTS = [
  "a",
  "A",
  ".",
  "..",
  "/",
  "%41",
  "é",
  "\u{1f600}",
  ".json",
  ".yaml",
  ".env",
  " ",
  "\\",
  "x".repeat(150),
];
const OURS = [".ledge-index.json", ".ledge-files/", ".ledgeignore", ".git", "..data"];
const key = fc
  .array(fc.constantFrom(...PARTS, ...OURS), { minLength: 1, maxLength: 5 })
  .map((parts) => parts.join(""));
const document = fc.record({
  key,
  value: fc.oneof(
    fc.constantFrom("1", '{"a":1}', "words", "", '{"a":1,"a":2}').map((text) => Buffer.from(text)),
    fc.uint8Array({ maxLength: 4 }).map((bytes) => Buffer.from(bytes)),
  ),
  mediaType: fc.constantFrom("text/plain", "application/octet-stream", "application/yaml", "image/svg+xml"),
});
const documents = fc.uniqueArray(document, { selector: (one) => one.key, minLength: 1, maxLength: 8 });
const options = fc.constantFrom(
  { foldCase: false, addExtensions: false },
  { foldCase: true, addExtensions: false },
  { foldCase: true, addExtensions: true },
);

describe("TreeWriter", () => {
  test("always writes documents so that import reads the same key, media type and bytes", async () => {
    await fc.assert(
      fc.asyncProperty(documents, options, async (all, how) => {
        const dir = mkdtempSync(join(folder, "tree-"));
        const writer = new TreeWriter(join(dir, "out"), how);
        // In the order in which a server lists them.
        const sorted = all
          .map(({ key: name, value, mediaType }) => ({
            namespace: "shop",
            key: name,
            mediaType,
            bytes: value,
          }))
          .sort((left, right) => Buffer.compare(Buffer.from(left.key), Buffer.from(right.key)));
        for (const one of sorted) writer.write(one);
        writer.finish();
        expect(readdirSync(dir)).toEqual(["out"]);
        const read = { ...SOURCE, stripExtensions: how.addExtensions };
        const { content } = await readSource(join(dir, "out"), read);
        expect(content.faults).toEqual([]);
        const byKey = (list: readonly { key: string; mediaType: string; bytes: Uint8Array }[]) =>
          Object.fromEntries(
            list.map((one) => [one.key, [one.mediaType, Buffer.from(one.bytes).toString("hex")]]),
          );
        expect(byKey(content.documents)).toEqual(byKey(sorted));
        const names = readdirSync(join(dir, "out"), { recursive: true, encoding: "utf8" });
        if (how.foldCase) expect(new Set(names.map((name) => name.toLowerCase())).size).toBe(names.length);
        rmSync(dir, { recursive: true });
      }),
    );
  });

  test("takes another name when the file system has one that differs only in case", async () => {
    const dir = mkdtempSync(join(folder, "tree-"));
    const writer = new TreeWriter(dir, { foldCase: false, addExtensions: false });
    writer.addNamespace("shop");
    mkdirSync(join(dir, "shop", "dir"));
    writeFileSync(join(dir, "shop", "key"), "another's");
    const keys = ["dir/x", "key", "key/below"];
    for (const one of keys)
      writer.write({ namespace: "shop", key: one, mediaType: "text/plain", bytes: Buffer.from(one) });
    expect(writer.finish()).toBe(3);
    expect(readFileSync(join(dir, "shop", "key"), "utf8")).toBe("another's");
    rmSync(join(dir, "shop", "key"));
    const { content } = await readSource(dir, SOURCE);
    expect(content.documents.map((one) => [one.key, Buffer.from(one.bytes).toString()])).toEqual(
      expect.arrayContaining(keys.map((one) => [one, one])),
    );
  });
});

describe("readSource", () => {
  test("reads .ledgeignore in the folder and in the folders of namespaces", async () => {
    const dir = mkdtempSync(join(folder, "tree-"));
    for (const name of ["one", "two"]) {
      mkdirSync(join(dir, name));
      for (const file of ["a.bak", "b.txt", "c.txt"]) writeFileSync(join(dir, name, file), "x");
    }
    writeFileSync(join(dir, ".ledgeignore"), "*.bak\n");
    writeFileSync(join(dir, "two", ".ledgeignore"), "/c.txt\n");
    const { content, isExcluded } = await readSource(dir, SOURCE);
    expect(content.faults).toEqual([]);
    expect(content.documents.map((one) => `${one.namespace}/${one.key}`)).toEqual([
      "one/b.txt",
      "one/c.txt",
      "two/b.txt",
    ]);
    expect([isExcluded("two/c.txt"), isExcluded("one/c.txt")]).toEqual([true, false]);
  });
});

describe("scanJson", () => {
  test("cuts values out as they stand, and takes what JSON.parse takes", () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 4 }), fc.constantFrom(0, 1, 2), (value, space) => {
        const text = JSON.stringify({ first: { "": value }, second: [value] }, null, space);
        const { faults, parts } = scanJson(Buffer.from(text), { partsDepth: 2, levels: 64 });
        expect(faults).toEqual([]);
        const cut = parts.filter(({ path }) => path.length === 2 && typeof path[1] === "string");
        expect(cut.map((part) => JSON.parse(part.text))).toEqual([JSON.parse(JSON.stringify(value))]);
      }),
    );
  });

  test("never takes what JSON.parse does not", () => {
    const piece = fc.constantFrom(
      "{",
      "}",
      "[",
      "]",
      ",",
      ":",
      '"a"',
      "1",
      "01",
      "-",
      "1.",
      "1e",
      "true",
      "nul",
      "//",
      "\n",
      "\u00a0",
      "+1",
      "'a'",
      '"\\x"',
      '"\t"',
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 8 }), (pieces) => {
        const text = pieces.join("");
        const isTaken = scanJson(Buffer.from(text), { partsDepth: 0, levels: 64 }).faults.length === 0;
        const parses = (() => {
          try {
            JSON.parse(text);
            return true;
          } catch {
            return false;
          }
        })();
        if (!parses) expect([text, isTaken]).toEqual([text, false]);
      }),
      { numRuns: 2000 },
    );
  });
});
