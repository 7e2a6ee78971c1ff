import { createHash, randomInt } from "node:crypto";
import { expect, test } from "vitest";
import { BLOCK_TEXT_MAX, sha256OfShort } from "../../lib/core/sha256-block.ts";
import { FULL } from "../../testkit/crash-sample.ts";

const nodeSha256 = (text: string) => createHash("sha256").update(text, "latin1").digest("hex");

test("every length of one block is hashed as Node does, and a longer text is refused", () => {
  for (let length = 0; length <= BLOCK_TEXT_MAX; length += 1) {
    const text = "x".repeat(length);
    expect(sha256OfShort(text)).toBe(nodeSha256(text));
  }
  expect(() => sha256OfShort("x".repeat(BLOCK_TEXT_MAX + 1))).toThrow(RangeError);
});

test("random texts are hashed as Node hashes them", () => {
  for (let left = FULL ? 1_000_000 : 50_000; left > 0; left -= 1) {
    const length = randomInt(BLOCK_TEXT_MAX + 1);
    let text = "";
    for (let at = 0; at < length; at += 1) text += String.fromCharCode(randomInt(128));
    if (sha256OfShort(text) !== nodeSha256(text)) expect([text, sha256OfShort(text)]).toEqual([text, ""]);
  }
});
