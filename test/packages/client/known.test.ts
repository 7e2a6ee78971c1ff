/** What the client keeps of what it has read. */
import { readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import type { ConfigDocument } from "../../../packages/client/document.ts";
import { keepIn } from "../../../packages/client/keeps.ts";
import { KnownDocuments } from "../../../packages/client/known.ts";
import { keepInFile } from "../../../packages/client/node.ts";
import { testFolder } from "../../../testkit/host.ts";

const documentOf = (key: string, bytes: Uint8Array): ConfigDocument => ({
  namespace: "shop",
  key,
  etag: `"${bytes.length}-00000000"`,
  revision: 1,
  mediaType: "application/octet-stream",
  modified: "2026-11-22T10:00:00.123Z",
  bytes,
  stale: false,
});
const found = async (known: KnownDocuments, key: string) => (await known.find("shop", key))?.document.bytes;
const loud = (error: unknown) => {
  throw error;
};

describe("what is known", () => {
  test("comes back byte for byte from a file that its owner alone can read", async () => {
    const file = join(testFolder(), "known.json");
    const known = new KnownDocuments(keepInFile(file), loud);
    const [text, binary] = [new TextEncoder().encode("\ufeffGrüße\n"), Uint8Array.of(255, 0, 1)];
    known.put(documentOf("text", text), 1);
    known.put(documentOf("binary", binary), 1);
    await known.flush();
    expect(statSync(file).mode & 0o777).toBe(0o600);
    let saves = 0;
    const counting = {
      ...keepInFile(file),
      save: () => {
        saves += 1;
      },
    };
    const next = new KnownDocuments(counting, loud);
    expect([await found(next, "text"), await found(next, "binary")]).toEqual([text, binary]);
    // What was only read back is kept already.
    await next.flush();
    expect(saves).toBe(0);
  });

  test("forgets what the server says is gone", async () => {
    const file = join(testFolder(), "known.json");
    const known = new KnownDocuments(keepInFile(file), loud);
    known.put(documentOf("a", Uint8Array.of(1)), 1);
    known.forget("shop", "a");
    await known.flush();
    expect(JSON.parse(readFileSync(file, "utf8")).documents).toEqual([]);
  });

  test.each(["{", "[]", '{"format":9}', '{"format":1,"documents":[1,{"key":"a"}]}'])(
    "is empty where a place holds something else: %s",
    async (text) => {
      const file = join(testFolder(), "known.json");
      writeFileSync(file, text);
      const known = new KnownDocuments(keepInFile(file), () => {});
      expect(await found(known, "a")).toBeUndefined();
    },
  );

  test("stays in memory where its place fails, which is told", async () => {
    const told: unknown[] = [];
    const full = () => {
      throw new Error("full");
    };
    const known = new KnownDocuments(keepIn({ getItem: full, setItem: full }), (error) => told.push(error));
    expect(await found(known, "a")).toBeUndefined();
    known.put(documentOf("a", Uint8Array.of(7)), 1);
    await known.flush();
    expect(await found(known, "a")).toEqual(Uint8Array.of(7));
    expect(told).toHaveLength(2);
  });

  test("is bounded: what was read longest ago goes first", async () => {
    const known = new KnownDocuments(undefined, loud);
    const mebibyte = new Uint8Array(1024 * 1024);
    for (let nth = 0; nth < 20; nth += 1) known.put(documentOf(`k${nth}`, mebibyte), 1);
    expect([await found(known, "k3"), (await found(known, "k4"))?.length]).toEqual([
      undefined,
      mebibyte.length,
    ]);
  });
});
