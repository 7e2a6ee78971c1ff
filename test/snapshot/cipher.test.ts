import { randomBytes } from "node:crypto";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { isSealed, openCipher, sealedWith } from "../../lib/snapshot/cipher.ts";
import { type ObjectKeys, parseObjectKeys } from "../../lib/snapshot/key-text.ts";

const random = (length: number) => new Uint8Array(randomBytes(length));
const NAME = "0123/segments/9-1-ab.ndjson.gz";

function keysOf(text: string): ObjectKeys {
  const parsed = parseObjectKeys(text);
  if (!parsed.ok) throw new Error(parsed.detail);
  return parsed.value;
}

const OLD = `2026-01:${"a".repeat(64)}`;
const NEW = `2026-02:${"B7".repeat(32)}`;

describe("openCipher", () => {
  test("opens what it sealed, under the same name", () => {
    const cipher = openCipher(keysOf(OLD), random);
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), fc.string({ maxLength: 60 }), (bytes, name) => {
        const sealed = cipher.seal(name, bytes);
        expect(sealed.length).toBe(bytes.length + 5 + 1 + 7 + 24 + 16);
        expect(cipher.open(name, sealed)).toEqual({ kind: "opened", bytes: new Uint8Array(bytes) });
      }),
    );
  });

  /** draft-irtf-cfrg-xchacha-03, appendix A.3.1, in our envelope. */
  test("is XChaCha20-Poly1305 as others write it", () => {
    const plaintext =
      "Ladies and Gentlemen of the class of '99: If I could offer you only one tip for the future, sunscreen would be it.";
    const key = Array.from({ length: 32 }, (_, at) => (0x80 + at).toString(16)).join("");
    const nonce = Uint8Array.from({ length: 24 }, (_, at) => 0x40 + at);
    // The draft's associated data are bytes that are no text, so only the cipher's stream is compared.
    const sealed = openCipher(keysOf(`k:${key}`), () => nonce).seal(NAME, Buffer.from(plaintext));
    expect(Buffer.from(sealed.subarray(0, 7)).toString("latin1")).toBe("LDGE\x01\x01k");
    expect(sealed.subarray(7, 31)).toEqual(nonce);
    expect(Buffer.from(sealed.subarray(31, 47)).toString("hex")).toBe("bd6d179d3e83d43b9576579493c0e939");
  });

  test("is damaged by another name, a flipped bit anywhere behind the id, and every cut", () => {
    const cipher = openCipher(keysOf(OLD), random);
    const sealed = cipher.seal(NAME, random(50));
    expect(cipher.open(`${NAME}x`, sealed)).toEqual({ kind: "damaged" });
    for (let at = 13; at < sealed.length; at += 1) {
      const changed = new Uint8Array(sealed);
      changed[at] = (changed[at] ?? 0) ^ 1;
      expect(cipher.open(NAME, changed)).toEqual({ kind: "damaged" });
    }
    for (let length = 5; length < sealed.length; length += 1)
      expect(cipher.open(NAME, sealed.subarray(0, length))).toEqual({ kind: "damaged" });
    expect(cipher.open(NAME, new Uint8Array([...sealed, 0]))).toEqual({ kind: "damaged" });
  });

  test("names the key that it lacks, and is damaged by another key of that id", () => {
    const sealed = openCipher(keysOf(OLD), random).seal(NAME, random(50));
    expect(openCipher(keysOf(NEW), random).open(NAME, sealed)).toEqual({
      kind: "unknown_key",
      keyId: "2026-01",
    });
    const other = keysOf(`2026-01:${"c".repeat(64)}`);
    expect(openCipher(other, random).open(NAME, sealed)).toEqual({ kind: "damaged" });
    expect(sealedWith(sealed)).toBe("2026-01");
  });

  test("opens with the old key after a rotation, and seals with the new", () => {
    const bytes = random(50);
    const before = openCipher(keysOf(OLD), random).seal(NAME, bytes);
    const rotated = openCipher(keysOf(`${NEW},${OLD}`), random);
    expect(rotated.keyId).toBe("2026-02");
    expect(rotated.open(NAME, before)).toEqual({ kind: "opened", bytes });
    expect(sealedWith(rotated.seal(NAME, bytes))).toBe("2026-02");
  });

  test("seals one thing twice to different bytes", () => {
    const cipher = openCipher(keysOf(OLD), random);
    const bytes = random(20);
    expect(cipher.seal(NAME, bytes)).not.toEqual(cipher.seal(NAME, bytes));
  });

  test("knows plain objects, of which older snapshots consist", () => {
    const cipher = openCipher(keysOf(OLD), random);
    for (const plain of [
      Uint8Array.of(0x1f, 0x8b, 8),
      Buffer.from("{"),
      new Uint8Array(0),
      Buffer.from("LDGE\x02"),
    ]) {
      expect(cipher.open(NAME, plain)).toEqual({ kind: "not_sealed" });
      expect([isSealed(plain), sealedWith(plain)]).toEqual([false, undefined]);
    }
  });
});

describe("parseObjectKeys", () => {
  test("takes ids and keys in order", () => {
    const keys = keysOf(` ${NEW},${OLD}\n`);
    expect(keys.map(({ id, secret }) => [id, Buffer.from(secret).toString("hex")])).toEqual([
      ["2026-02", "b7".repeat(32)],
      ["2026-01", "a".repeat(64)],
    ]);
  });

  test.each([
    { name: "nothing", text: "" },
    { name: "a key without an id", text: "a".repeat(64) },
    { name: "an empty id", text: `:${"a".repeat(64)}` },
    { name: "an id in capitals", text: `A:${"a".repeat(64)}` },
    { name: "a long id", text: `${"a".repeat(17)}:${"a".repeat(64)}` },
    { name: "a short key", text: `a:${"a".repeat(63)}` },
    { name: "a long key", text: `a:${"a".repeat(65)}` },
    { name: "what is not hex", text: `a:${"g".repeat(64)}` },
    { name: "a comma at the end", text: `${OLD},` },
    { name: "one id twice", text: `${OLD},${OLD}` },
    { name: "seventeen keys", text: Array.from({ length: 17 }, (_, n) => `k${n}:${"a".repeat(64)}`).join() },
  ])("refuses $name and does not repeat it", ({ text }) => {
    const parsed = parseObjectKeys(text);
    if (parsed.ok) throw new Error("it was taken");
    expect(parsed.detail).not.toMatch(/aaaa|gggg/);
  });
});
